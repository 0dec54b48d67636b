#include "csrf/csrf.h"

#include <array>

#include "body/fields.h"
#include "body/form_body.h"
#include "body/json_body.h"
#include "csrf/csrf_cookie.h"
#include "gate/cross_site.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "page/link_pages.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/status_phrase.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;
using operation::refusal;

constexpr std::string_view token_name = "x-csrf-token";  // of the header, and of the member of a body

constexpr std::array token_fields{
    field{token_name, &input::csrf_token, false},
};
constexpr std::array register_fields{
    field{"email", &input::email, true},
    field{"username", &input::username, true},
    field{"password", &input::password, true},
    field{token_name, &input::csrf_token, false},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{token_name, &input::csrf_token, false},
};
constexpr std::array refresh_fields{
    field{"refreshToken", &input::refresh_token, true},
    field{token_name, &input::csrf_token, false},
};

task<operation::outcome> show_token(operation::context, operation::input) { co_return operation::blank(); }

constexpr std::string_view refresh_path = "auth/refresh";
constexpr std::string_view logout_path = "auth/logout";

constexpr std::array routes{
    route{"GET", "csrf-token", show_token, credential::none, token_fields, 200, true},
    route{"POST", "auth/register", operation::register_account, credential::none, register_fields, 201},
    route{"POST", "auth/login", operation::login, credential::none, login_fields, 201},
    route{"POST", refresh_path, operation::refresh, credential::none, refresh_fields, 201},
    route{"POST", logout_path, operation::logout, credential::none, refresh_fields, 200},
};

constexpr std::array words{
    own_words{refusal::email_taken, "", 409, "User already exists"},
    own_words{refusal::username_taken, "", 409, "User already exists"},
    own_words{refusal::bad_credentials, "", 401, "Invalid credentials"},
    own_words{refusal::bad_refresh_token, logout_path, 400, "Invalid/expired token"},
    own_words{refusal::bad_refresh_token, "", 401, "Invalid/expired token"},
    own_words{refusal::already_logged_in, "", 409, "User already logged in"},
    own_words{refusal::unsupported_media_type, "", 415, "The body must be JSON or a urlencoded form"},
    own_words{refusal::too_many_requests, "", 429, "ThrottlerException: Too Many Requests"},
};

decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  const bool is_query = matched.method == "GET" && content_type.empty();
  const bool is_missing = body.empty() && content_type.empty();  // as a form without a field: 400, and says which
  return is_query || is_missing || is_urlencoded(content_type) ? decode_form(matched, content_type, body)
                                                               : decode_json(matched, content_type, body);
}

presented find_tokens(const request&, const realm::settings&) { return {}; }  // the refresh token is in the body

response error_response(int status, std::string_view message) {
  return json_response(status, {{"message", message}, {"error", status_phrase(status)}, {"statusCode", status}});
}

response refuse_token() { return json_response(403, {{"message", "Invalid or missing CSRF token."}}); }

// The token is taken from the header, else from the body, but never from a URL, which is logged.
secret shown_token(const exchange& about) {
  const std::string_view header = about.asked.header(token_name);
  const bool from_url = about.matched.method == "GET" && !about.asked.query.empty();
  return secret(header.empty() && !from_url ? about.typed_as(token_name) : header);
}

std::optional<response> refuse_early(const exchange& about) {
  const found_csrf_cookie cookie = find_csrf_cookie(about.asked, about.realm);
  const secret shown = shown_token(about);
  if (gate::is_safe_method(about.matched.method)) {  // the one that gives the token out
    const bool may_have_it = !about.realm.csrf_secret || about.realm.csrf_secret->same_as(shown);
    const bool is_forged = std::holds_alternative<forged_csrf_cookie>(cookie);
    if (may_have_it && !is_forged) return std::nullopt;
    response rejection = refuse_token();
    // No script can clear it, and a cookie signed with a key that is gone would have the browser refused for ever.
    if (is_forged) rejection.add_header("Set-Cookie", clear_csrf_cookie(about.realm));
    return rejection;
  }
  const auto* token = std::get_if<std::string>(&cookie);
  if (token != nullptr && shown.same_as(secret(*token))) return std::nullopt;
  return refuse_token();
}

response encode_status(const request& asked, const realm::settings&, int status) {
  if (status != 404) return error_response(status, status_phrase(status));
  const std::string path = asked.uri.substr(0, asked.uri.find('?'));
  return error_response(status, "Cannot " + asked.method + " " + path);
}

response encode_refusal(const exchange& about, const operation::refused& rejection) {
  std::string reasons = rejection.message;
  for (const operation::field_error& each : rejection.fields) {
    reasons.append(reasons.empty() ? "" : ", ").append(member_name(about.matched, each.field));
    reasons.append(" ").append(each.reason);
  }
  const wording said = wording_of(rejection.why, about.matched.path, words);
  return error_response(said.status, reasons.empty() ? said.message : std::string_view(reasons));
}

response give_token(const exchange& about) {
  const found_csrf_cookie cookie = find_csrf_cookie(about.asked, about.realm);
  const auto* known = std::get_if<std::string>(&cookie);
  const std::string token = known != nullptr ? *known : new_csrf_token();
  response answer = json_response(about.matched.success, {{"csrfToken", token}});
  answer.add_header("Set-Cookie", set_csrf_cookie(about.realm, token));
  return answer;
}

ordered_json user_body(const account::user& user) {
  const ordered_json username = user.username ? ordered_json(*user.username) : ordered_json(nullptr);
  return {{"id", user.id}, {"email", user.email}, {"username", username}};
}

struct encoder {
  const exchange& about;

  response operator()(const operation::blank&) const { return give_token(about); }
  response operator()(const operation::signed_in& session) const {
    ordered_json body = {{"accessToken", session.tokens.access.reveal()}};
    if (about.matched.path != refresh_path) {
      body["refreshToken"] = session.tokens.handle.reveal();
      body["user"] = user_body(session.user);
    }
    return json_response(about.matched.success, body);
  }
  response operator()(const operation::profile& registered) const {
    ordered_json body = user_body(registered.user);
    body["createdAt"] = iso8601(registered.user.created_at);
    return json_response(about.matched.success, body);
  }
  response operator()(const operation::signed_out&) const {
    return json_response(about.matched.success, {{"message", "Logged out successfully"}});
  }
  response operator()(const operation::refused& refused) const { return encode_refusal(about, refused); }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::session_list,
      operation::sessions_ended, operation::account_removed, operation::verification_sent, operation::email_verified,
      operation::mail_sent, operation::user_list, operation::password_reset, operation::temporary_password,
      operation::account_overview, operation::token_list, operation::token_made, operation::url_signed,
      operation::token_changed, operation::handed_over, operation::assurance_wanted>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}}; }

}  // namespace

const dialect csrf{
    .name = "csrf",
    .client = {.name = "csrf",
               .policy = session::policy::single,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(7 * 24 * 3600),
               .claims = claims,
               .verify_link = "auth/verify?token=",
               .reveals_taken = true,
               .register_signs_in = false,
               .opaque_refresh = true},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_tokens,
    .encode = encode,
    .encode_status = encode_status,
    .refuse_early = refuse_early,
    .cookies = csrf_cookies,
    .sets_cookies = true,
    .rate = &realm::settings::csrf_rate,
    .request_headers = "Authorization, Content-Type, X-CSRF-Token",
    .response_headers = "Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset",
    .pages = &csrf_pages,
};

}  // namespace gatehouse::dialect
