#include "dialect/bff.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "base/uuid.h"
#include "dialect/bff_tokens.h"
#include "dialect/bff_user.h"
#include "dialect/form_body.h"
#include "dialect/json_body.h"
#include "dialect/refusals.h"
#include "dialect/session_csrf.h"
#include "operation/administration.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "operation/verify_email.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::context;
using operation::input;
using operation::outcome;
using operation::refusal;

constexpr std::array register_fields{
    field{"first_name", &input::given_name, true},
    field{"last_name", &input::family_name, true},
    field{"email", &input::email, true},
    field{"password", &input::password, true},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
};
constexpr std::array update_fields{
    field{"uuid", &input::id, false},
    field{"csrf_token", &input::csrf_token, false},
    field{"first_name", &input::given_name, false},
    field{"last_name", &input::family_name, false},
    field{"current_password", &input::current_password, false},
    field{"new_password", &input::password, false},
};
constexpr std::array email_fields{
    field{"email", &input::email, true},
};
constexpr std::array token_fields{
    field{"token", &input::link_token, true},
};
constexpr std::array page_fields{
    field{"skip", &input::skip, false},
    field{"take", &input::take, false},
};
constexpr std::array user_fields{
    field{"csrf_token", &input::csrf_token, false}, field{"first_name", &input::given_name, false},
    field{"last_name", &input::family_name, false}, field{"role", &input::role, false},
    field{"is_active", &input::is_active, false},   field{"email_verified", &input::is_verified, false},
};
constexpr std::array csrf_fields{
    field{"csrf_token", &input::csrf_token, false},
};

// ---- What this contract asks for beyond the operations.

template <auto Operation>
task<outcome> with_csrf_token(context ctx, input in) {
  const std::string shown = in.csrf_token.value_or("");
  if (!is_session_csrf_token(ctx.realm.settings(), in.bearer->session_id(), shown)) {
    co_return operation::refuse(refusal::bad_csrf_token);
  }
  co_return co_await Operation(std::move(ctx), std::move(in));
}

task<outcome> register_by_two_names(context ctx, input in) {
  in.name = joined_name(in, "");
  co_return co_await operation::register_account(std::move(ctx), std::move(in));
}

task<outcome> update_profile(context ctx, input in) {
  const bool names = in.given_name || in.family_name;
  if (!in.id) co_return operation::refuse_message("User uuid not provided");  // whose it is does not matter
  if (!names && !in.current_password && !in.password) {
    co_return operation::refuse_message("No updatable properties supplied");
  }
  if (in.current_password.has_value() != in.password.has_value()) {
    co_return operation::refuse_message("Both current_password and new_password must be supplied");
  }
  if (names) {
    outcome now = co_await operation::show_profile(ctx, in);
    const auto* known = std::get_if<operation::profile>(&now);
    if (known == nullptr) co_return now;
    in.name = joined_name(in, known->user.name);
  }
  co_return co_await operation::change_profile(std::move(ctx), std::move(in));
}

task<outcome> update_user(context ctx, input in) {
  if (!in.given_name && !in.family_name && !in.role && !in.is_active && !in.is_verified) {
    co_return operation::refuse_message("No updatable properties supplied");
  }
  if (in.role && *in.role != "SUPER_ADMIN" && *in.role != "GENERAL") {
    co_return operation::refuse_message("'role' must be GENERAL or SUPER_ADMIN");
  }
  if (in.role) in.is_admin = *in.role == "SUPER_ADMIN";
  if (in.given_name || in.family_name) {
    outcome now = co_await operation::show_user(ctx, in);
    const auto* known = std::get_if<operation::profile>(&now);
    if (known == nullptr) co_return now;
    in.name = joined_name(in, known->user.name);
  }
  co_return co_await operation::change_user(std::move(ctx), std::move(in));
}

// A logout is a success for whoever is logged out already.
task<outcome> log_out(context ctx, input in) {
  outcome made = co_await operation::logout(std::move(ctx), std::move(in));
  const auto* no = std::get_if<operation::refused>(&made);
  const bool was_over = no != nullptr && no->why == refusal::bad_refresh_token;
  if (was_over) co_return operation::signed_out();
  co_return made;
}

task<outcome> not_creatable(context, input) { co_return operation::blank(); }

// ---- The routes.

constexpr std::string_view refresh_path = "authn/refresh";
constexpr std::string_view authenticated_path = "authn/isauthenticated";
constexpr std::string_view profile_path = "authn/profile";

constexpr std::array routes{
    route{"POST", "authn/register", register_by_two_names, credential::none, register_fields, 200},
    route{"POST", "authn/login", operation::login, credential::none, login_fields, 200},
    route{"GET", authenticated_path, operation::show_profile, credential::session, {}, 200},
    route{"GET", profile_path, operation::show_profile, credential::session, {}, 200},
    route{"PUT", "authn/update", with_csrf_token<update_profile>, credential::session, update_fields, 200},
    route{"DELETE", "authn/delete", with_csrf_token<operation::remove_account>, credential::session, update_fields,
          200},
    route{"POST", refresh_path, operation::refresh, credential::refresh, {}, 200},
    route{"POST", "authn/logout", log_out, credential::whatever, {}, 200},
    route{"POST", "authn/reset", operation::forgot_password, credential::none, email_fields, 200},
    route{"POST", "authn/verifyemail", operation::resend_verification, credential::none, email_fields, 200},
    route{"POST", "authn/verifyreset", operation::make_temporary_password, credential::none, token_fields, 200},
    route{"POST", "authn/verifyemailtoken", operation::verify_email, credential::none, token_fields, 200},
    route{"GET", "users", operation::list_users, credential::bearer, page_fields, 200},
    route{"POST", "users", not_creatable, credential::none, {}, 422},
    route{"GET", "users/:id", operation::show_user, credential::bearer, {}, 200},
    route{"PUT", "users/:id", with_csrf_token<update_user>, credential::bearer, user_fields, 200},
    route{"DELETE", "users/:id", with_csrf_token<operation::remove_user>, credential::bearer, csrf_fields, 200},
    route{"GET", "refresh-tokens", operation::list_every_session, credential::bearer, {}, 200},
    route{"DELETE", "refresh-tokens", with_csrf_token<operation::end_every_session>, credential::bearer, csrf_fields,
          200},
    route{"DELETE", "refresh-tokens/:id", with_csrf_token<operation::end_any_session>, credential::bearer, csrf_fields,
          200},
};

bool is_administration(const route& matched) {
  return matched.path.starts_with("users") || matched.path.starts_with("refresh-tokens");
}

decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  return matched.method == "GET" ? decode_form(matched, content_type, body) : decode_json(matched, content_type, body);
}

// ---- From outcomes to responses.

std::string_view phrase_of(int status) {
  constexpr std::array<std::pair<int, std::string_view>, 13> phrases{{{400, "Bad Request"},
                                                                      {401, "Unauthorized"},
                                                                      {403, "Forbidden"},
                                                                      {404, "Not Found"},
                                                                      {405, "Method Not Allowed"},
                                                                      {409, "Conflict"},
                                                                      {413, "Payload Too Large"},
                                                                      {415, "Unsupported Media Type"},
                                                                      {422, "Unprocessable Entity"},
                                                                      {429, "Too Many Requests"},
                                                                      {500, "Internal Server Error"},
                                                                      {502, "Bad Gateway"},
                                                                      {503, "Service Unavailable"}}};
  for (const auto& [known, phrase] : phrases) {
    if (known == status) return phrase;
  }
  return status < 500 ? "Bad Request" : "Internal Server Error";
}

response json(int status, const ordered_json& body) {
  response made;
  made.status = status;
  made.add_header("Content-Type", "application/json");
  made.body = body.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
  return made;
}

response success() { return json(200, {{"status", "success"}}); }
response success(ordered_json data) { return json(200, {{"status", "success"}, {"data", std::move(data)}}); }

// What a handler answers: HTTP 200, whatever it is.
response failure(int status, std::string_view message) {
  return json(200, {{"status", "fail"},
                    {"error", {{"message", message}, {"statusCode", status}, {"statusMessage", phrase_of(status)}}}});
}

// What is answered before any handler is asked.
response hard_error(const request& asked, int status, std::string_view message) {
  std::string url = asked.mount + asked.path;
  if (!asked.query.empty()) url.append("?").append(asked.query);
  return json(status, {{"url", url},
                       {"statusCode", status},
                       {"statusMessage", phrase_of(status)},
                       {"message", message},
                       {"stack", ""}});
}

std::optional<response> refuse_platform(const exchange& about) {
  const std::optional<platform> from = platform_of(about.asked);
  if (!from) {
    return hard_error(about.asked, 400,
                      "Required header 'client-platform' must be 'app', 'browser', or 'browser-dev' only");
  }
  if (from == platform::browser_dev && about.realm.cookie_secure) {
    return hard_error(about.asked, 400, "client-platform 'browser-dev' is for development only: cookie_secure is on");
  }
  return std::nullopt;
}

struct answer_row {
  refusal why;
  std::string_view path;  // empty: any
  int status;
  std::string_view message;
};

constexpr std::array answers{
    answer_row{refusal::bad_credentials, "", 401, "Invalid login"},
    answer_row{refusal::missing_bearer, authenticated_path, 400, "No access token provided"},
    answer_row{refusal::missing_bearer, "", 401, "Unauthorized"},
    answer_row{refusal::bad_bearer, "", 401, "Unauthorized"},
    answer_row{refusal::bad_refresh_token, "", 403, "Forbidden"},
    answer_row{refusal::deactivated, "", 403,
               "Forbidden. Account has been deactivated. Please contact your administrator."},
    answer_row{refusal::link_expired, "", 401, "Link has expired"},
    answer_row{refusal::link_unknown, "", 500, "Server error"},
};

response failure_of(const exchange& about, refusal why) {
  const auto fits = [&](const answer_row& row) {
    return row.why == why && (row.path.empty() || row.path == about.matched.path);
  };
  const auto found = std::ranges::find_if(answers, fits);
  if (found != answers.end()) return failure(found->status, found->message);
  const refusal_row& row = row_of(why);
  return failure(row.status, row.message);
}

std::string message_of(const exchange& about, const operation::refused& no) {
  if (no.fields.empty()) return no.message;
  const operation::field_error& first = no.fields.front();
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

response encode_refusal(const exchange& about, const operation::refused& no) {
  if (is_administration(about.matched)) {
    const bool guarded = no.why == refusal::missing_bearer || no.why == refusal::bad_bearer ||
                         no.why == refusal::forbidden || no.why == refusal::conflicting_credentials;
    if (guarded) return hard_error(about.asked, 403, "Forbidden");
    if (no.why == refusal::not_found) return hard_error(about.asked, 404, "Not found");
  }
  if (no.why == refusal::invalid_input) return failure(400, message_of(about, no));
  if (no.why == refusal::bad_bearer && about.matched.path == authenticated_path) return json(200, {{"status", "fail"}});
  if (no.why == refusal::bad_refresh_token && about.matched.path == refresh_path) {
    const shown_refresh shown = refresh_token_shown(about.asked);
    if (shown == shown_refresh::none) return failure(400, "No refresh token provided");
    if (shown == shown_refresh::malformed) return failure(401, "Unauthorized");
  }
  response made = failure_of(about, no.why);
  if (no.why == refusal::bad_credentials) clear_bff_tokens(about, made);
  return made;
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

response encode_profile(const exchange& about, const operation::profile& shown) {
  if (about.matched.path == authenticated_path) return success();
  if (about.matched.path == "authn/register") return success({{"email", shown.user.email}});
  ordered_json body = bff_user(shown.user);
  if (about.matched.path == profile_path) body["csrf_token"] = session_csrf_token(about.realm, shown.session_id);
  return success(std::move(body));
}

response encode(const exchange& about, const outcome& made) {
  if (const auto* session = std::get_if<operation::signed_in>(&made)) {
    const bool is_login = about.matched.path == "authn/login";
    response entered = is_login ? success({{"email", session->user.email}}) : success();
    set_bff_tokens(about, session->tokens, entered);
    return entered;
  }
  if (const auto* shown = std::get_if<operation::profile>(&made)) return encode_profile(about, *shown);
  if (const auto* page = std::get_if<operation::user_list>(&made)) {
    ordered_json rows = ordered_json::array();
    for (const account::user& each : page->users) rows.push_back(bff_user(each));
    return success(std::move(rows));
  }
  if (const auto* all = std::get_if<operation::session_list>(&made)) return success(sessions_body(*all));
  if (const auto* verified = std::get_if<operation::email_verified>(&made)) {
    return success({{"email", verified->user.email}});
  }
  if (const auto* fresh = std::get_if<operation::temporary_password>(&made)) {
    response shown = success({{"pass", std::string(fresh->password.reveal())}});
    clear_bff_tokens(about, shown);
    return shown;
  }
  if (const auto* no = std::get_if<operation::refused>(&made)) return encode_refusal(about, *no);
  if (std::holds_alternative<operation::verification_sent>(made)) return success({{"email", about.typed_as("email")}});
  if (std::holds_alternative<operation::blank>(made)) {
    return hard_error(about.asked, 422, "Users register themselves at authn/register");
  }
  response done = success();
  const bool ends_his_own =
      !is_administration(about.matched) &&
      (std::holds_alternative<operation::signed_out>(made) ||
       std::holds_alternative<operation::account_removed>(made) || about.matched.path == "authn/reset");
  if (ends_his_own) clear_bff_tokens(about, done);
  return done;
}

response encode_status(const request& asked, const realm::settings&, int status) {
  const refusal_row* row = row_of_status(status);
  return hard_error(asked, status, row != nullptr ? row->message : phrase_of(status));
}

nlohmann::json claims(const account::user& user) {
  return {{"uuid", user.id}, {"email", user.email}, {"jti", new_uuid()}};
}

}  // namespace

const dialect bff{
    .name = "bff",
    .client = {.name = "bff",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(15 * 60),
               .refresh_lifetime = seconds(14 * 24 * 3600),
               .claims = claims,
               .verify_link = "/iam/verifyemail?token=",
               .reset_link = "/iam/verify?token=",
               .verify_lifetime = seconds(24 * 3600),
               .reset_lifetime = seconds(3600),
               .reveals_taken = true,
               .theft_ends_all = true,
               .register_signs_in = false},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_bff_tokens,
    .encode = encode,
    .encode_status = encode_status,
    .add_tokens = set_bff_tokens,
    .refuse_early = refuse_platform,
    .cookies = bff_cookies,
    .token_headers = bff_cookies,
    .sets_cookies = true,
    .request_headers = "Content-Type, client-platform, iam-access-token, iam-refresh-token, iam-sid",
    .response_headers = "Retry-After, iam-access-token, iam-refresh-token, iam-sid",
};

}  // namespace gatehouse::dialect
