#include "jsonapi/jsonapi_answers.h"

#include "base/random.h"
#include "body/fields.h"
#include "body/json_body.h"
#include "gate/set_cookie.h"
#include "jsonapi/jsonapi_admin.h"
#include "page/link_pages.h"
#include "step/issue.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/status_phrase.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::refusal;

constexpr std::array words{
    own_words{refusal::bad_credentials, "", 400, "Login Failed"},
    own_words{refusal::email_taken, jsonapi_register, 400, "Registration Failed"},
    own_words{refusal::email_taken, jsonapi_admin_users, 400, "Duplicate Email Address Exists"},
    own_words{refusal::email_taken, jsonapi_admin_user, 400, "Email Already In Use"},
    own_words{refusal::email_taken, "", 409, "Email already in use"},
    own_words{refusal::missing_bearer, "", 401, "Unauthorized"},
    own_words{refusal::bad_bearer, "", 401, "Unauthorized"},
    own_words{refusal::deactivated, "", 401, "Unauthorized"},
    own_words{refusal::forbidden, "", 401, "Unauthorized"},  // no administrator
    own_words{refusal::recent_login_needed, "", 401, "Unauthorized"},
    own_words{refusal::bad_refresh_token, "", 400, "Refresh Token Failed"},
    own_words{refusal::conflicting_credentials, jsonapi_refresh, 400, "Refresh Token Failed"},
    own_words{refusal::not_found, "", 404, "User Not Found"},
};

gate::cookie cookie_of(const realm::settings& realm, std::string_view name) {
  return {.name = std::string(name), .secure = realm.cookie_secure, .same_site = realm.jsonapi_same_site};
}

void set_cookie(const realm::settings& realm, std::string_view name, std::string_view value,
                std::optional<seconds> lifetime, response& answer) {
  gate::cookie said = cookie_of(realm, name);
  said.value = value;
  said.lifetime = lifetime;
  answer.add_header("Set-Cookie", gate::set_cookie(said));
}

void clear_cookies(const realm::settings& realm, response& answer) {
  for (const std::string_view name : {std::string_view(realm.jsonapi_cookie), jsonapi_fingerprint}) {
    answer.add_header("Set-Cookie", gate::clear_cookie(cookie_of(realm, name)));
  }
}

void set_fingerprint(const realm::settings& realm, response& answer) {
  set_cookie(realm, jsonapi_fingerprint, random_hex(16), seconds(3600), answer);
}

// An error that Fastify itself would make.
response fastify_error(int status, std::string_view code, std::string_view message) {
  return json_response(
      status, {{"statusCode", status}, {"code", code}, {"error", status_phrase(status)}, {"message", message}});
}

// The original writes the status 401 as a string, and its clients compare it as one.
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

response encode_invalid(const exchange& about, const operation::refused& rejection) {
  std::string message = rejection.message;
  if (!rejection.fields.empty()) {
    const operation::field_error& first = rejection.fields.front();
    message = about.matched.method == "GET" ? "querystring" : place_of_attributes(envelope_of(about.matched));
    message.append("/").append(member_name(about.matched, first.field)).append(" ").append(first.reason);
  }
  const std::string_view code = fastify_code(message);
  return code.empty() ? plain_error(400, message) : fastify_error(400, code, message);
}

response encode_refusal(const exchange& about, const operation::refused& rejection) {
  if (rejection.why == refusal::invalid_input) return encode_invalid(about, rejection);
  if (rejection.why == refusal::unsupported_media_type) return refuse_media_type(about.asked);
  const wording said = wording_of(rejection.why, about.matched.path, words);
  response answer =
      plain_error(said.status, rejection.message.empty() ? said.message : std::string_view(rejection.message));
  if (rejection.why == refusal::recent_login_needed) {  // RFC 9470 §3
    answer.add_header("WWW-Authenticate", "Bearer error=\"insufficient_user_authentication\", max_age=900");
  }
  return answer;
}

response encode_session(const exchange& about, const operation::signed_in& session) {
  const bool is_change = about.matched.path == jsonapi_profile;
  const bool is_refresh = about.matched.path == jsonapi_refresh;
  ordered_json attributes = {
      {"name", session.user.name}, {"email", session.user.email}, {"created", iso8601(session.user.created_at)}};
  if (is_change) attributes["updated"] = iso8601(session.user.updated_at);
  attributes["access_token"] = session.tokens.access.reveal();
  attributes["access_token_expiry"] = session.tokens.access_expires_at;
  const bool is_administration = is_jsonapi_administration(about.matched);
  if (is_administration) attributes["refresh_token"] = session.tokens.refresh.reveal();

  ordered_json data = {
      {"type", is_refresh ? "Refresh" : "users"}, {"id", session.user.id}, {"attributes", std::move(attributes)}};
  response answer = json_response(about.matched.success, {{"data", std::move(data)}});
  // An access token alone must not be enough to get a refresh token.
  if (!is_change && !is_administration) {
    const auto lifetime = operation::cookie_lifetime(session.tokens, session.tokens.refresh_expires_at);
    set_cookie(about.realm, about.realm.jsonapi_cookie, session.tokens.refresh.reveal(), lifetime, answer);
  }
  if (!is_change) set_fingerprint(about.realm, answer);
  const bool is_entry = about.matched.path == jsonapi_login || about.matched.path == jsonapi_register;
  if (is_entry || is_administration) answer.add_header("x-authc-app-origin", about.realm.jsonapi_app_origin);
  return answer;
}

response nothing(int status) {
  response empty;
  empty.status = status;
  return empty;
}

// Administrators' tokens are in bodies, so only the others have cookies to clear.
response leave(const exchange& about) {
  response left = nothing(about.matched.success);
  if (is_jsonapi_administration(about.matched)) return left;
  clear_cookies(about.realm, left);
  return left;
}

response detail(int status, std::string_view said) {
  return json_response(status, {{"data", {{"type", "users"}, {"detail", said}}}});
}

struct encoder {
  const exchange& about;

  response operator()(const operation::signed_in& session) const { return encode_session(about, session); }
  response operator()(const operation::signed_out&) const { return leave(about); }
  response operator()(const operation::account_removed&) const { return nothing(about.matched.success); }
  response operator()(const operation::profile& shown) const { return show_jsonapi_user(about, shown.user); }
  response operator()(const operation::user_list& page) const { return show_jsonapi_users(about, page); }
  response operator()(const operation::verification_sent&) const { return detail(202, "Verification email sent"); }
  response operator()(const operation::mail_sent&) const { return detail(200, "Recovery email sent"); }
  response operator()(const operation::password_reset&) const { return detail(200, "Password changed"); }
  response operator()(const operation::refused& refused) const { return encode_refusal(about, refused); }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::session_list,
      operation::sessions_ended, operation::email_verified, operation::temporary_password, operation::account_overview,
      operation::token_list, operation::token_made, operation::url_signed, operation::token_changed,
      operation::handed_over, operation::assurance_wanted, operation::blank>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

}  // namespace

envelope envelope_of(const route& matched) {
  const bool may_be_bare =
      matched.path == jsonapi_recovery || matched.path == jsonapi_reset || matched.path == jsonapi_admin_refresh;
  return may_be_bare ? envelope::optional : envelope::required;
}

std::optional<response> refuse_jsonapi_media_type(const exchange& about) {
  const std::string_view type = about.asked.header("Content-Type");
  if (about.matched.fields.empty() && !type.empty() && !is_json(type)) return refuse_media_type(about.asked);
  return std::nullopt;
}

response encode_jsonapi_status(const request& asked, const realm::settings&, int status) {
  if (status == 413) return fastify_error(413, "FST_ERR_CTP_BODY_TOO_LARGE", "Request body is too large");
  if (status == 415) return refuse_media_type(asked);
  if (status != 404 && status != 405) return plain_error(status, status_phrase(status));
  const std::string path = asked.uri.substr(0, asked.uri.find('?'));  // the query may hold a secret
  return json_response(status, {{"message", "Route " + asked.method + ":" + path + " not found"},
                                {"error", status_phrase(status)},
                                {"statusCode", status}});
}

response encode_jsonapi(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

}  // namespace gatehouse::dialect
