#include "bff/bff_answers.h"

#include <algorithm>
#include <array>

#include "bff/bff_tokens.h"
#include "bff/bff_user.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/session_csrf.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;
using operation::refusal;

bool is_administration(const route& matched) {
  return matched.path.starts_with("users") || matched.path.starts_with("refresh-tokens");
}

response success() { return json_response(200, {{"status", "success"}}); }
response success(ordered_json data) { return json_response(200, {{"status", "success"}, {"data", std::move(data)}}); }

// statusMessage repeats the message, without what a status line cannot hold.
std::string on_one_line(std::string_view message) {
  std::string line(message);
  std::erase_if(line, [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; });
  return line;
}

// A refusal by a handler of the contract: always HTTP 200, with the status in the body.
response failure(int status, std::string_view message) {
  return json_response(
      200, {{"status", "fail"},
            {"error", {{"message", message}, {"statusCode", status}, {"statusMessage", on_one_line(message)}}}});
}

// A refusal before any handler of the contract is asked: the real status.
response hard_error(const request& asked, int status, std::string_view message) {
  return json_response(status, {{"url", asked.uri},
                                {"statusCode", status},
                                {"statusMessage", on_one_line(message)},
                                {"message", message},
                                {"stack", ""}});
}

constexpr std::string_view bad_csrf_token = "Missing or invalid csrf token";

constexpr std::array words{
    own_words{refusal::bad_credentials, bff_google_login, 401, "Google Login Error"},
    own_words{refusal::bad_credentials, "", 401, "Invalid login"},
    own_words{refusal::missing_bearer, bff_authenticated, 400, "No access token provided"},
    own_words{refusal::missing_bearer, bff_delete, 403, bad_csrf_token},  // no session, so no token of it
    own_words{refusal::missing_bearer, "", 401, "Unauthorized"},
    own_words{refusal::bad_bearer, bff_delete, 403, bad_csrf_token},
    own_words{refusal::bad_bearer, "", 401, "Unauthorized"},
    own_words{refusal::bad_csrf_token, "", 403, bad_csrf_token},
    own_words{refusal::bad_refresh_token, "", 403, "Forbidden"},
    own_words{refusal::deactivated, "", 403,
              "Forbidden. Account has been deactivated. Please contact your administrator."},
    own_words{refusal::link_expired, "", 401, "Link has expired"},
    own_words{refusal::link_unknown, "", 500, "Server error"},
};

std::string message_of(const exchange& about, const operation::refused& rejection) {
  if (rejection.fields.empty()) return rejection.message;
  const operation::field_error& first = rejection.fields.front();
  if (first.field == operation::field_id(&input::name)) return "The name " + first.reason;
  if (first.field == operation::field_id(&input::current_password)) return "Wrong current password";
  const bool is_missing = first.reason == "is required";
  if (first.field == operation::field_id(&input::email) && !is_missing) return "Bad email format";
  if (first.field == operation::field_id(&input::password) && !is_missing) {
    return "Poor password strength. The password " + first.reason;
  }
  for (const field& each : about.matched.fields) {
    if (each.target == first.field) return "'" + std::string(each.member) + "' " + first.reason;
  }
  return first.reason;
}

bool lacks_link_token(const operation::refused& rejection) {
  const operation::field_id link_token(&input::link_token);
  return std::ranges::find(rejection.fields, link_token, &operation::field_error::field) != rejection.fields.end();
}

response say_refusal(const exchange& about, const operation::refused& rejection) {
  if (is_administration(about.matched)) {
    const bool guarded = rejection.why == refusal::missing_bearer || rejection.why == refusal::bad_bearer ||
                         rejection.why == refusal::forbidden || rejection.why == refusal::conflicting_credentials;
    if (guarded) return hard_error(about.asked, 403, "Forbidden");
    if (rejection.why == refusal::bad_csrf_token) return hard_error(about.asked, 403, bad_csrf_token);
    if (rejection.why == refusal::not_found) return hard_error(about.asked, 404, "Not found");
  }
  if (lacks_link_token(rejection)) return failure(401, "Unauthorized");
  if (rejection.why == refusal::invalid_input) return failure(400, message_of(about, rejection));
  if (rejection.why == refusal::bad_bearer && about.matched.path == bff_authenticated)
    return json_response(200, {{"status", "fail"}});
  if (rejection.why == refusal::bad_refresh_token && about.matched.path == bff_refresh) {
    const shown_refresh shown = refresh_token_shown(about.asked);
    if (shown == shown_refresh::none) return failure(400, "No refresh token provided");
    if (shown == shown_refresh::malformed) return failure(401, "Unauthorized");
  }
  const wording said = wording_of(rejection.why, about.matched.path, words);
  return failure(said.status, rejection.message.empty() ? said.message : std::string_view(rejection.message));
}

response encode_refusal(const exchange& about, const operation::refused& rejection) {
  response answer = say_refusal(about, rejection);
  // Only a login that was judged clears the cookies: a store that is down logs nobody out.
  const bool is_failed_login = about.matched.path == bff_login && row_of(rejection.why).status < 500;
  if (is_failed_login) clear_bff_tokens(about, answer);
  return answer;
}

ordered_json sessions_body(const operation::session_list& all) {
  constexpr unix_millis millis_a_second = 1000;
  ordered_json rows = ordered_json::array();
  for (const session::listed& each : all.sessions) {
    rows.push_back({{"id", each.sid},
                    {"token_id", each.sid},
                    {"user_id", each.user_id},
                    {"is_active", true},
                    {"date_created", iso8601(each.created_at * millis_a_second)},
                    {"updated_at", iso8601(each.last_seen * millis_a_second)}});
  }
  return rows;
}

// The contract asks by name, but there is only one permission, and every administrator has it.
response answer_permission(const exchange& about, const account::user& user) {
  const std::string_view path = about.asked.path;
  const std::string permission(path.substr(path.rfind('/') + 1));
  const bool has_it = permission == "can-access-admin" && is_bff_admin(user);
  if (has_it) return success("User: " + user.id + " has permission: " + permission);
  return failure(401, "User: " + user.id + " does NOT have permission: " + permission);
}

response encode_profile(const exchange& about, const operation::profile& shown) {
  if (about.matched.path == bff_authenticated) return success();
  if (about.matched.path == bff_register) return success({{"email", shown.user.email}});
  if (about.matched.path == bff_permission) return answer_permission(about, shown.user);
  ordered_json body = bff_user(shown.user);
  if (about.matched.path == bff_profile) body["csrf_token"] = session_csrf_token(about.realm, shown.session_id);
  return success(std::move(body));
}

struct api_encoder {
  const exchange& about;

  response operator()(const operation::signed_in& session) const {
    const bool is_login = about.matched.path == bff_login;
    response entered = is_login ? success({{"email", session.user.email}}) : success();
    set_bff_tokens(about, session.tokens, entered);
    return entered;
  }
  response operator()(const operation::profile& shown) const { return encode_profile(about, shown); }
  response operator()(const operation::user_list& page) const {
    ordered_json rows = ordered_json::array();
    for (const account::user& each : page.users) rows.push_back(bff_user(each));
    return success({{"users", std::move(rows)}, {"csrf_token", session_csrf_token(about.realm, page.session_id)}});
  }
  response operator()(const operation::session_list& all) const { return success(sessions_body(all)); }
  response operator()(const operation::email_verified& verified) const {
    return success({{"email", verified.user.email}});
  }
  response operator()(const operation::temporary_password& fresh) const {
    return clear(success({{"pass", std::string(fresh.password.reveal())}}));
  }
  response operator()(const operation::signed_out&) const { return clear(success()); }
  response operator()(const operation::account_removed& removed) const {
    return removed.own ? clear(success()) : success();
  }
  response operator()(const operation::sessions_ended&) const { return success(); }
  response operator()(const operation::mail_sent&) const {
    return about.matched.path == bff_reset ? clear(success()) : success();
  }
  // The contract has no way for an administrator to make a user.
  response operator()(const operation::blank&) const {
    return hard_error(about.asked, 422, "Users register themselves at authn/register");
  }
  response operator()(const operation::refused& refused) const { return encode_refusal(about, refused); }
  template <
      operation::one_of<operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
                        operation::recovery_codes_made, operation::passkey_options, operation::factor_changed,
                        operation::verification_sent, operation::password_reset, operation::account_overview,
                        operation::token_list, operation::token_made, operation::url_signed, operation::token_changed,
                        operation::handed_over, operation::assurance_wanted>
          Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }

 private:
  response clear(response answer) const {
    clear_bff_tokens(about, answer);
    return answer;
  }
};

}  // namespace

std::optional<response> refuse_platform(const request& asked, const realm::settings& realm) {
  const std::optional<platform> from = platform_of(asked);
  if (!from) {
    return hard_error(asked, 400, "Required header 'client-platform' must be 'app', 'browser', or 'browser-dev' only");
  }
  if (from == platform::browser_dev && realm.cookie_secure) {
    return hard_error(asked, 400, "client-platform 'browser-dev' is for development only: cookie_secure is on");
  }
  return std::nullopt;
}

response encode_bff(const exchange& about, const operation::outcome& outcome) {
  return std::visit(api_encoder{about}, outcome);
}

response encode_bff_status(const request& asked, const realm::settings& realm, int status) {
  return hard_error(asked, status, message_of_status(asked, realm, status));
}

}  // namespace gatehouse::dialect
