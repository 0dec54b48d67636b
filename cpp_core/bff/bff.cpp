#include "bff/bff.h"

#include <array>
#include <nlohmann/json.hpp>

#include "base/uuid.h"
#include "bff/bff_answers.h"
#include "bff/bff_tokens.h"
#include "bff/bff_user.h"
#include "body/form_body.h"
#include "body/json_body.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/manage_users.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "operation/verify_email.h"
#include "wire/session_csrf.h"

namespace gatehouse::dialect {

namespace {

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
    field{"remember", &input::remember, false},
    field{"remember_asked", &input::remember_asked, false},
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

outcome first_name_missing() {
  std::vector<operation::field_error> wrong;
  wrong.push_back({&input::given_name, "is required"});
  return operation::refuse_fields(std::move(wrong));
}

task<outcome> register_by_two_names(context ctx, input in) {
  if (has_empty_first_name(in)) co_return first_name_missing();
  join_names(in, account::user());
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
  if (has_empty_first_name(in)) co_return first_name_missing();
  if (names) {
    outcome now = co_await operation::show_profile(ctx, in);
    const auto* known = std::get_if<operation::profile>(&now);
    if (known == nullptr) co_return now;
    join_names(in, known->user);
  }
  co_return co_await operation::change_profile(std::move(ctx), std::move(in));
}

task<outcome> update_user(context ctx, input in) {
  if (!in.given_name && !in.family_name && !in.role && !in.is_active && !in.is_verified) {
    co_return operation::refuse_message("No updatable properties supplied");
  }
  if (has_empty_first_name(in)) co_return first_name_missing();
  if (in.role && *in.role != "SUPER_ADMIN" && *in.role != "GENERAL") {
    co_return operation::refuse_message("'role' must be GENERAL or SUPER_ADMIN");
  }
  if (in.role) in.is_admin = *in.role == "SUPER_ADMIN";
  if (in.given_name || in.family_name) {
    outcome now = co_await operation::show_user(ctx, in);
    const auto* known = std::get_if<operation::profile>(&now);
    if (known == nullptr) co_return now;
    join_names(in, known->user);
  }
  co_return co_await operation::change_user(std::move(ctx), std::move(in));
}

// A logout is a success for whoever is logged out already.
task<outcome> log_out(context ctx, input in) {
  outcome result = co_await operation::logout(std::move(ctx), std::move(in));
  const auto* rejection = std::get_if<operation::refused>(&result);
  const bool was_over = rejection != nullptr && rejection->why == refusal::bad_refresh_token;
  if (was_over) co_return operation::signed_out();
  co_return result;
}

// Logins through Google do not exist here; the contract has an answer for that.
task<outcome> refuse_foreign_login(context, input) { co_return operation::refuse(refusal::bad_credentials); }

task<outcome> not_creatable(context, input) { co_return operation::blank(); }

// ---- The routes.

constexpr std::array routes{
    route{"POST", bff_register, register_by_two_names, credential::none, register_fields, 200},
    route{"POST", bff_login, operation::login, credential::none, login_fields, 200},
    route{"POST", bff_google_login, refuse_foreign_login, credential::none, {}, 200},
    route{"GET", bff_authenticated, operation::show_profile, credential::session, {}, 200},
    route{"GET", bff_profile, operation::show_profile, credential::session_or_why, {}, 200},
    route{"PUT", "authn/update", with_csrf_token<update_profile>, credential::session, update_fields, 200},
    route{"DELETE", bff_delete, with_csrf_token<operation::remove_account>, credential::session, update_fields, 200},
    route{"POST", bff_refresh, operation::refresh, credential::refresh, {}, 200},
    route{"POST", "authn/logout", log_out, credential::whatever, {}, 200},
    route{"POST", bff_reset, operation::forgot_password, credential::none, email_fields, 200},
    route{"POST", "authn/verifyemail", operation::resend_verification, credential::none, email_fields, 200},
    route{"POST", "authn/verifyreset", operation::make_temporary_password, credential::none, token_fields, 200},
    route{"POST", "authn/verifyemailtoken", operation::verify_email, credential::none, token_fields, 200},
    route{"GET", "users", operation::list_users, credential::bearer, page_fields, 200},
    route{"POST", "users", not_creatable, credential::none, {}, 422},
    route{"GET", "users/:id", operation::show_user, credential::bearer, {}, 200},
    route{"GET", bff_permission, operation::show_user, credential::bearer, {}, 200},
    route{"PUT", "users/:id", with_csrf_token<update_user>, credential::bearer, user_fields, 200},
    route{"DELETE", "users/:id", with_csrf_token<operation::remove_user>, credential::bearer, csrf_fields, 200},
    route{"GET", "refresh-tokens", operation::list_every_session, credential::bearer, {}, 200},
    route{"DELETE", "refresh-tokens", with_csrf_token<operation::end_every_session>, credential::bearer, csrf_fields,
          200},
    route{"DELETE", "refresh-tokens/:id", with_csrf_token<operation::end_any_session>, credential::bearer, csrf_fields,
          200},
};

// A csrf_token or a uuid that is no string counts as absent, because the contract has a refusal of its own for that.
decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  if (matched.method == "GET") return decode_form(matched, content_type, body);
  decoded read = decode_json(matched, content_type, body);
  if (!read.why || read.why->fields.empty()) return read;
  std::erase_if(read.why->fields, [](const operation::field_error& each) {
    return each.field == operation::field_id(&input::csrf_token) || each.field == operation::field_id(&input::id);
  });
  if (read.why->fields.empty()) read.why.reset();
  return read;
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
               .takes_any_address = true,
               .keeps_tokens_in_cookies = true,
               .keeps_admin = true,
               .theft_ends_all = true,
               .register_signs_in = false},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_bff_tokens,
    .encode = encode_bff,
    .encode_status = encode_bff_status,
    .add_tokens = set_bff_tokens,
    .refuse_first = refuse_platform,
    .cookies = bff_cookies,
    .token_headers = bff_cookies,
    .sets_cookies = true,
    .request_headers = "Content-Type, client-platform, iam-access-token, iam-refresh-token, iam-sid",
    .response_headers = "Retry-After, iam-access-token, iam-refresh-token, iam-sid",
};

}  // namespace gatehouse::dialect
