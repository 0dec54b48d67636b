#include "jsonapi/jsonapi_answers.h"

#include "base/random.h"
#include "body/fields.h"
#include "body/json_body.h"
#include "page/link_pages.h"
#include "step/issue.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/set_cookie.h"
#include "wire/status_phrase.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::refusal;

constexpr std::array words{
    own_words{refusal::bad_credentials, "", 400, "Login Failed"},
    own_words{refusal::email_taken, jsonapi_register, 400, "Registration Failed"},
    own_words{refusal::email_taken, "", 409, "Email already in use"},
    own_words{refusal::missing_bearer, "", 401, "Unauthorized"},
    own_words{refusal::bad_bearer, "", 401, "Unauthorized"},
    own_words{refusal::deactivated, "", 401, "Unauthorized"},
    own_words{refusal::recent_login_needed, "", 401, "Unauthorized"},
    own_words{refusal::bad_refresh_token, "", 400, "Refresh Token Failed"},
    own_words{refusal::conflicting_credentials, jsonapi_refresh, 400, "Refresh Token Failed"},
};

void add_refresh_cookie(const realm::settings& realm, std::string_view token, std::optional<seconds> lifetime,
                        response& answer) {
  cookie made;
  made.name = jsonapi_cookies[0];
  made.value = token;
  made.secure = realm.cookie_secure;
  made.same_site = realm.jsonapi_same_site;
  made.lifetime = lifetime;
  answer.add_header("Set-Cookie", set_cookie(made));
}

void add_fingerprint(const realm::settings& realm, std::string_view value, seconds lifetime, response& answer) {
  cookie made;
  made.name = jsonapi_cookies[2];
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
  const bool is_change = about.matched.path == jsonapi_profile;
  const bool is_refresh = about.matched.path == jsonapi_refresh;
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
  const bool is_entry = about.matched.path == jsonapi_login || about.matched.path == jsonapi_register;
  if (is_entry) made.add_header("x-authc-app-origin", about.realm.jsonapi_app_origin);
  return made;
}

response detail(int status, std::string_view said) {
  return json_response(status, {{"data", {{"type", "users"}, {"detail", said}}}});
}

}  // namespace

envelope envelope_of(const route& matched) {
  const bool may_be_bare = matched.path == jsonapi_recovery || matched.path == jsonapi_reset;
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

}  // namespace gatehouse::dialect
