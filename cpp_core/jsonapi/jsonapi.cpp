#include "jsonapi/jsonapi.h"

#include <array>

#include "base/random.h"
#include "body/fields.h"
#include "body/json_body.h"
#include "gate/cookie.h"
#include "jsonapi/jsonapi_body.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "operation/reissue.h"
#include "page/link_pages.h"
#include "step/issue.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/set_cookie.h"
#include "wire/status_phrase.h"
#include "wire/tokens_in_header.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;
using operation::refusal;

constexpr std::array register_fields{
    field{"name", &input::name, true},
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"metadata", &input::metadata, false},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
};
constexpr std::array profile_fields{
    field{"name", &input::name, false},
    field{"email", &input::email, false},
    field{"password", &input::password, false},
    field{"metadata", &input::metadata, false},
};
constexpr std::array recovery_fields{
    field{"email", &input::email, true},
};
constexpr std::array reset_fields{
    field{"token", &input::link_token, true},
    field{"password", &input::password, true},
};

// The claims of the access token are of before the change, so there is a new one with it.
task<operation::outcome> change_profile(operation::context ctx, operation::input in) {
  operation::outcome made = co_await operation::change_profile(ctx, in);
  co_return co_await operation::reissue_after(std::move(ctx), std::move(in), std::move(made));
}

constexpr std::string_view register_path = "auth/register";
constexpr std::string_view login_path = "auth/login";
constexpr std::string_view profile_path = "auth/users/me";
constexpr std::string_view refresh_path = "auth/refresh";
constexpr std::string_view recovery_path = "auth/recovery";

constexpr std::array routes{
    route{"POST", register_path, operation::register_account, credential::none, register_fields, 201},
    route{"POST", login_path, operation::login, credential::none, login_fields, 200},
    route{"POST", profile_path, change_profile, credential::bearer, profile_fields, 200},
    route{"POST", recovery_path, operation::forgot_password, credential::none, recovery_fields, 200},
    route{"POST", jsonapi_reset, operation::reset_password, credential::none, reset_fields, 200},
    route{"POST", refresh_path, operation::refresh, credential::refresh, {}, 200},
    route{"DELETE", refresh_path, operation::logout_of_session, credential::whatever, {}, 204},
};

constexpr std::array words{
    own_words{refusal::bad_credentials, "", 400, "Login Failed"},
    own_words{refusal::email_taken, register_path, 400, "Registration Failed"},
    own_words{refusal::email_taken, "", 409, "Email already in use"},
    own_words{refusal::missing_bearer, "", 401, "Unauthorized"},
    own_words{refusal::bad_bearer, "", 401, "Unauthorized"},
    own_words{refusal::deactivated, "", 401, "Unauthorized"},
    own_words{refusal::recent_login_needed, "", 401, "Unauthorized"},
    own_words{refusal::bad_refresh_token, "", 400, "Refresh Token Failed"},
    own_words{refusal::conflicting_credentials, refresh_path, 400, "Refresh Token Failed"},
};

constexpr std::array<std::string_view, 3> cookies{"refreshToken", "userRefreshToken", "Fgp"};
constexpr std::string_view cookie_name = cookies[0];
constexpr std::string_view other_cookie_name = cookies[1];  // of some AuthCompanions
constexpr std::string_view fingerprint_name = cookies[2];   // clients look whether it is there; it opens nothing

envelope envelope_of(const route& matched) {
  const bool may_be_bare = matched.path == recovery_path || matched.path == jsonapi_reset;
  return may_be_bare ? envelope::optional : envelope::required;
}

decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  return decode_jsonapi(matched, envelope_of(matched), content_type, body);
}

// One that comes twice is none that is any good.
presented find_tokens(const request& asked, const realm::settings& realm) {
  presented shown = find_bearer_token(asked, realm);
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  gate::found_cookie found = gate::find_cookie(headers, cookie_name);
  if (std::holds_alternative<gate::no_cookie>(found)) found = gate::find_cookie(headers, other_cookie_name);
  if (const auto* token = std::get_if<std::string_view>(&found)) shown.refresh = secret(*token);
  return shown;
}

void add_refresh_cookie(const realm::settings& realm, std::string_view token, std::optional<seconds> lifetime,
                        response& answer) {
  cookie made;
  made.name = cookie_name;
  made.value = token;
  made.secure = realm.cookie_secure;
  made.same_site = realm.jsonapi_same_site;
  made.lifetime = lifetime;
  answer.add_header("Set-Cookie", set_cookie(made));
}

void add_fingerprint(const realm::settings& realm, std::string_view value, seconds lifetime, response& answer) {
  cookie made;
  made.name = fingerprint_name;
  made.value = value;
  made.secure = realm.cookie_secure;
  made.same_site = realm.jsonapi_same_site;
  made.lifetime = lifetime;
  answer.add_header("Set-Cookie", set_cookie(made));
}

// An error that Fastify itself would make.
response fastify_error(int status, std::string_view code, std::string_view message) {
  return json_response(
      status, {{"statusCode", status}, {"code", code}, {"error", status_phrase(status)}, {"message", message}});
}

// Of 401 the status is a string there, and clients compare it as one.
ordered_json status_code(int status) { return status == 401 ? ordered_json("401") : ordered_json(status); }

response plain_error(int status, std::string_view message) {
  return json_response(status, {{"statusCode", status_code(status)}, {"message", message}});
}

response refuse_media_type(const request& asked) {
  std::string message = "Unsupported Media Type";
  const std::string_view type = asked.header("Content-Type");
  if (!type.empty()) message.append(": ").append(type);
  return fastify_error(415, "FST_ERR_CTP_INVALID_MEDIA_TYPE", message);
}

response encode_status(const request& asked, const realm::settings&, int status) {
  if (status == 413) return fastify_error(413, "FST_ERR_CTP_BODY_TOO_LARGE", "Request body is too large");
  if (status == 415) return refuse_media_type(asked);
  if (status != 404 && status != 405) return plain_error(status, status_phrase(status));
  const std::string path = asked.uri.substr(0, asked.uri.find('?'));  // the query may hold a secret
  return json_response(status, {{"message", "Route " + asked.method + ":" + path + " not found"},
                                {"error", status_phrase(status)},
                                {"statusCode", status}});
}

// A body that no route wants is looked at all the same, by its type.
std::optional<response> refuse_early(const exchange& about) {
  const std::string_view type = about.asked.header("Content-Type");
  if (about.matched.fields.empty() && !type.empty() && !is_json(type)) return refuse_media_type(about.asked);
  return std::nullopt;
}

response encode_invalid(const exchange& about, const operation::refused& no) {
  std::string message = no.message;
  if (!no.fields.empty()) {
    const operation::field_error& first = no.fields.front();
    message = place_of_attributes(envelope_of(about.matched));
    message.append("/").append(member_name(about.matched, first.field)).append(" ").append(first.reason);
  }
  const std::string_view code = fastify_code(message);
  return code.empty() ? plain_error(400, message) : fastify_error(400, code, message);
}

response encode_refusal(const exchange& about, const operation::refused& no) {
  if (no.why == refusal::invalid_input) return encode_invalid(about, no);
  if (no.why == refusal::unsupported_media_type) return refuse_media_type(about.asked);
  const answer said = answer_to(no.why, about.matched.path, words);
  response made = plain_error(said.status, said.message);
  if (no.why == refusal::recent_login_needed) {  // RFC 9470 §3
    made.add_header("WWW-Authenticate", "Bearer error=\"insufficient_user_authentication\", max_age=900");
  }
  return made;
}

response encode_session(const exchange& about, const operation::signed_in& session) {
  const bool is_change = about.matched.path == profile_path;
  const bool is_refresh = about.matched.path == refresh_path;
  ordered_json attributes = {
      {"name", session.user.name}, {"email", session.user.email}, {"created", iso8601(session.user.created_at)}};
  if (is_change) attributes["updated"] = iso8601(session.user.updated_at);
  attributes["access_token"] = session.tokens.access.reveal();
  attributes["access_token_expiry"] = session.tokens.access_expires_at;

  ordered_json data = {
      {"type", is_refresh ? "Refresh" : "users"}, {"id", session.user.id}, {"attributes", std::move(attributes)}};
  response made = json_response(about.matched.success, {{"data", std::move(data)}});
  // Who has only an access token must not get more than that for it.
  if (!is_change) {
    const auto lifetime = operation::cookie_lifetime(session.tokens, session.tokens.refresh_expires_at);
    add_refresh_cookie(about.realm, session.tokens.refresh.reveal(), lifetime, made);
    add_fingerprint(about.realm, random_base64url(32), seconds(3600), made);
  }
  const bool is_entry = about.matched.path == login_path || about.matched.path == register_path;
  if (is_entry) made.add_header("x-authc-app-origin", about.realm.jsonapi_app_origin);
  return made;
}

response detail(int status, std::string_view said) {
  return json_response(status, {{"data", {{"type", "users"}, {"detail", said}}}});
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (const auto* session = std::get_if<operation::signed_in>(&outcome)) return encode_session(about, *session);
  if (std::holds_alternative<operation::signed_out>(outcome)) {
    response made;
    made.status = about.matched.success;
    add_refresh_cookie(about.realm, "", seconds(0), made);
    add_fingerprint(about.realm, "", seconds(0), made);
    return made;
  }
  if (std::holds_alternative<operation::verification_sent>(outcome)) return detail(202, "Verification email sent");
  if (std::holds_alternative<operation::mail_sent>(outcome)) return detail(200, "Recovery email sent");
  if (std::holds_alternative<operation::password_reset>(outcome)) return detail(200, "Password changed");
  return encode_refusal(about, std::get<operation::refused>(outcome));
}

nlohmann::json claims(const account::user& user) {
  nlohmann::json made = {{"userid", user.id}, {"name", user.name}, {"email", user.email}, {"scope", "user"}};
  if (!user.metadata.empty()) made["metadata"] = user.metadata;
  return made;
}

}  // namespace

const dialect jsonapi{
    .name = "jsonapi",
    .client = {.name = "jsonapi",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(7 * 24 * 3600),
               .claims = claims,
               .verify_link = "web/verify?token=",
               .reset_link = "web/profile?token=",
               .reset_page = &realm::settings::jsonapi_recovery_url,
               .reset_letter = account::letter::recovery,
               .reveals_taken = true,
               .email_at_once = true,
               .recent_login_proves = true,
               .may_change_nothing = true},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_tokens,
    .encode = encode,
    .encode_status = encode_status,
    .refuse_early = refuse_early,
    .cookies = cookies,
    .sets_cookies = true,
    .response_headers = "Retry-After, WWW-Authenticate, x-authc-app-origin",
    .pages = &jsonapi_pages,
};

}  // namespace gatehouse::dialect
