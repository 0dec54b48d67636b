#include "dialect/rest.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "dialect/json_body.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/profile.h"
#include "operation/refresh.h"
#include "operation/register.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;
using operation::refusal;

constexpr std::array register_fields{
    field{"name", &input::name, true},
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"confirmPassword", &input::confirm_password, false},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
};
constexpr std::array refresh_fields{
    field{"refreshToken", &input::refresh_token, true},
};
constexpr std::array logout_fields{
    field{"refreshToken", &input::refresh_token, false},
};
constexpr std::array profile_fields{
    field{"name", &input::name, false},
    field{"email", &input::email, false},
    field{"password", &input::password, false},
    field{"confirmPassword", &input::confirm_password, false},
    field{"currentPassword", &input::current_password, false},
};

constexpr std::array routes{
    route{"POST", "register", operation::register_account, credential::none, register_fields, 201},
    route{"POST", "login", operation::login, credential::none, login_fields, 200},
    route{"POST", "refresh", operation::refresh, credential::none, refresh_fields, 200},
    route{"POST", "logout", operation::logout, credential::bearer_if_alone, logout_fields, 200},
    route{"POST", "logout/all", operation::logout_everywhere, credential::bearer, {}, 200},
    route{"GET", "me", operation::show_profile, credential::bearer, {}, 200},
    route{"PATCH", "me", operation::change_profile, credential::bearer, profile_fields, 200},
    route{"DELETE", "me", operation::remove_account, credential::bearer, {}, 204},
};

struct refusal_row {
  refusal why;
  int status;
  std::string_view message;
};

constexpr std::array refusals{
    refusal_row{refusal::invalid_input, 400, "Validation failed"},
    refusal_row{refusal::conflicting_credentials, 400, "The credentials are of different users"},
    refusal_row{refusal::bad_credentials, 401, "Invalid credentials"},
    refusal_row{refusal::missing_bearer, 401, "No access token provided"},
    refusal_row{refusal::bad_bearer, 401, "Invalid or expired access token"},
    refusal_row{refusal::bad_refresh_token, 403, "Invalid or expired refresh token"},
    refusal_row{refusal::registration_closed, 403, "Registration is closed"},
    refusal_row{refusal::not_found, 404, "Not found"},
    refusal_row{refusal::method_not_allowed, 405, "Method not allowed"},
    refusal_row{refusal::email_taken, 409, "Email already exists"},
    refusal_row{refusal::body_too_large, 413, "The body is too large"},
    refusal_row{refusal::unsupported_media_type, 415, "The body must be application/json"},
    refusal_row{refusal::too_many_requests, 429, "Too many requests, try again later"},
    refusal_row{refusal::internal, 500, "Internal server error"},
    refusal_row{refusal::busy, 503, "The server is busy, try again later"},
    refusal_row{refusal::unavailable, 503, "The service is unavailable, try again later"},
};

response json_response(int status, const ordered_json& body) {
  response made;
  made.status = status;
  made.add_header("Content-Type", "application/json");
  made.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return made;
}

ordered_json error_body(int status, std::string_view message) { return {{"message", message}, {"status", status}}; }

std::string_view member_name(const route& matched, const operation::field_id& target) {
  for (const field& each : matched.fields) {
    if (each.target == target) return each.member;
  }
  return "body";
}

response encode_refusal(const route& matched, const operation::refused& no) {
  const refusal_row* row = std::ranges::find(refusals, no.why, &refusal_row::why);
  ordered_json body = error_body(row->status, no.message.empty() ? row->message : std::string_view(no.message));
  for (const operation::field_error& each : no.fields) {
    body["errors"][std::string(member_name(matched, each.field))] = each.reason;
  }
  return json_response(row->status, body);
}

response encode_status(int status) {
  const refusal_row* row = std::ranges::find(refusals, status, &refusal_row::status);
  if (row != refusals.end()) return json_response(status, error_body(status, row->message));
  return json_response(status, error_body(status, status < 500 ? "Bad request" : "Internal server error"));
}

ordered_json user_body(const account::user& user) {
  return {{"id", user.id},
          {"name", user.name},
          {"email", user.email},
          {"createdAt", iso8601(user.created_at)},
          {"updatedAt", iso8601(user.updated_at)}};
}

response encode(const route& matched, const operation::outcome& outcome) {
  if (const auto* session = std::get_if<operation::signed_in>(&outcome)) {
    ordered_json tokens = {{"accessToken", session->tokens.access.reveal()},
                           {"refreshToken", session->tokens.refresh.reveal()}};
    return json_response(matched.success, {{"user", user_body(session->user)}, {"tokens", std::move(tokens)}});
  }
  if (const auto* shown = std::get_if<operation::profile>(&outcome)) {
    return json_response(matched.success, {{"user", user_body(shown->user)}});
  }
  if (std::holds_alternative<operation::signed_out>(outcome)) {
    return json_response(matched.success, {{"message", "Logged out successfully"}});
  }
  if (std::holds_alternative<operation::account_removed>(outcome)) {
    response made;
    made.status = matched.success;
    return made;
  }
  return encode_refusal(matched, std::get<operation::refused>(outcome));
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

}  // namespace

const dialect rest{
    .name = "rest",
    .client = {.name = "rest",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(30 * 24 * 3600),
               .claims = claims},
    .routes = routes,
    .decode = decode_json,
    .encode = encode,
    .encode_status = encode_status,
};

}  // namespace gatehouse::dialect
