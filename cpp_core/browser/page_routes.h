// The table of the pages: what each form holds, which operation an address leads to, and which template shows it.
#pragma once

#include <array>
#include <string_view>
#include <utility>
#include <variant>

#include "operation/challenge.h"
#include "operation/factors.h"
#include "operation/hand_over.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/overview.h"
#include "operation/passkeys.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/register.h"
#include "operation/sessions.h"
#include "operation/step_up.h"
#include "operation/user_tokens.h"
#include "operation/verify_email.h"
#include "operation/who_is_logged_in.h"
#include "page/page_forms.h"
#include "page/page_response.h"
#include "step/link_use.h"

namespace gatehouse::dialect {

inline constexpr std::array profile_fields{
    field{"name", &operation::input::name, true},
    field{"email", &operation::input::email, true},
    field{"current_password", &operation::input::current_password, false},
};
inline constexpr std::array password_fields{
    field{"current_password", &operation::input::current_password, true},
    field{"password", &operation::input::password, true},
};
inline constexpr std::array presence_fields{
    field{"current_password", &operation::input::current_password, false},
};
inline constexpr std::array user_token_fields{
    field{"name", &operation::input::name, true},
    field{"scopes", &operation::input::scopes, false},
    field{"networks", &operation::input::networks, false},
    field{"expires", &operation::input::expires, false},
    field{"current_password", &operation::input::current_password, false},
};
inline constexpr std::array token_name_fields{
    field{"name", &operation::input::name, true},
};
inline constexpr std::array passkey_login_fields{
    field{"credential_id", &operation::input::credential_id, true},
    field{"client_data", &operation::input::client_data, true},
    field{"authenticator_data", &operation::input::authenticator_data, true},
    field{"signature", &operation::input::signature, true},
    field{"user_handle", &operation::input::user_handle, true},
    field{"remember", &operation::input::remember, false},
    field{"remember_asked", &operation::input::remember_asked, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array passkey_offer_fields{
    field{"name", &operation::input::name, false},
    field{"current_password", &operation::input::current_password, true},
};
inline constexpr std::array new_passkey_fields{
    field{"name", &operation::input::name, false},
    field{"client_data", &operation::input::client_data, true},
    field{"authenticator_data", &operation::input::authenticator_data, true},
    field{"public_key", &operation::input::public_key, true},
};
inline constexpr std::array totp_fields{
    field{"name", &operation::input::name, false},
    field{"current_password", &operation::input::current_password, true},
};
inline constexpr std::array code_fields{
    field{"code", &operation::input::code, true},
};
inline constexpr std::array factor_name_fields{
    field{"name", &operation::input::name, true},
    field{"current_password", &operation::input::current_password, true},
};
inline constexpr std::array delete_fields{
    field{"current_password", &operation::input::current_password, true},
};

inline constexpr std::array hop_fields{
    field{"origin", &operation::input::origin, true},       field{"state", &operation::input::state, true},
    field{"challenge", &operation::input::challenge, true}, field{"acr_values", &operation::input::acr_values, false},
    field{"max_age", &operation::input::max_age, false},
};

// An operation of the account page, which is shown again when the operation is refused.
template <auto Operation>
task<operation::outcome> on_account(operation::context ctx, operation::input in) {
  operation::outcome result = co_await Operation(ctx, in);
  co_return co_await operation::show_overview_after(std::move(ctx), std::move(in), std::move(result));
}

// Logs in, and then ends the session that the browser had before, if it had one: its cookies are overwritten, so its
// user could not log out of it any more. The login succeeds even if that session cannot be ended.
template <auto Operation>
task<operation::outcome> in_place_of_another(operation::context ctx, operation::input in) {
  operation::input before;
  before.bearer = std::exchange(in.bearer, {});
  before.refresh_token = std::exchange(in.refresh_token, {});
  before.ambiguous_session = std::exchange(in.ambiguous_session, false);
  operation::outcome result = co_await Operation(ctx, std::move(in));
  if (std::holds_alternative<operation::signed_in>(result)) co_await operation::logout(ctx, std::move(before));
  co_return result;
}

inline constexpr std::array page_routes{
    route{"GET", "", show_page, credential::none, {}, 303},
    route{"GET", "login", operation::look_who_is_logged_in, credential::whatever, return_fields, 200},
    route{"POST", "login", in_place_of_another<operation::login>, credential::whatever, login_form, 303},
    route{"POST", "passkey", in_place_of_another<operation::login_with_passkey>, credential::whatever,
          passkey_login_fields, 303},
    route{"GET", "account/passkeys", show_page, credential::session, {}, 200},
    route{"POST", "account/passkeys", operation::offer_passkey, credential::session, passkey_offer_fields, 200},
    route{"POST", "account/passkeys/new", operation::add_passkey, credential::session, new_passkey_fields, 303},
    route{"GET", "step-up", operation::look_what_is_wanted, credential::session, wanted_fields, 200},
    route{"POST", "step-up", operation::step_up_on_page, credential::session, step_up_form, 303},
    route{"GET", "challenge", operation::look_at_challenge, credential::none, return_fields, 200},
    route{"POST", "challenge", in_place_of_another<operation::answer_challenge_on_page>, credential::whatever,
          challenge_form, 303},
    route{"POST", "challenge/postpone", in_place_of_another<operation::postpone_challenge_on_page>,
          credential::whatever, return_fields, 303},
    route{"GET", "register", show_page, credential::none, return_fields, 200},
    route{"POST", "register", in_place_of_another<operation::register_account>, credential::whatever, register_form,
          303},
    route{"GET", "logout", show_page, credential::none, return_fields, 200},
    route{"POST", "logout", operation::logout, credential::whatever, return_fields, 303},
    route{"GET", "logged-out", show_page, credential::none, return_fields, 200},
    route{"GET", "hop", operation::hand_over, credential::session, hop_fields, 302},
    route{"GET", "account", operation::show_overview, credential::session, {}, 200},
    // The address of a form that was refused and shown again; a browser that reloads it sends a GET.
    route{"GET", "account/profile", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/password", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/sessions", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/sessions/:id", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/tokens", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/tokens/:id", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/tokens/:id/name", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/totp", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/factors/:id", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/factors/:id/name", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/factors/:id/confirm", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/recovery-codes", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/delete", operation::show_overview, credential::session, {}, 200},
    route{"POST", "account/profile", on_account<operation::change_profile>, credential::session, profile_fields, 303},
    route{"POST", "account/password", on_account<operation::change_profile>, credential::session, password_fields, 303},
    route{"POST", "account/sessions", on_account<operation::end_other_sessions>, credential::session, presence_fields,
          303},
    route{"POST", "account/sessions/:id", on_account<operation::end_session>, credential::session, presence_fields,
          303},
    route{"POST", "account/tokens", operation::create_user_token_on_page, credential::session, user_token_fields, 200},
    route{"POST", "account/tokens/:id", on_account<operation::end_user_token>, credential::session, {}, 303},
    route{"POST", "account/tokens/:id/name", on_account<operation::rename_user_token>, credential::session,
          token_name_fields, 303},
    route{"POST", "account/totp", operation::offer_totp_on_page, credential::session, totp_fields, 200},
    route{"POST", "account/factors/:id/confirm", operation::confirm_totp_on_page, credential::session, code_fields,
          303},
    route{"POST", "account/factors/:id/name", on_account<operation::rename_factor>, credential::session,
          factor_name_fields, 303},
    route{"POST", "account/factors/:id", on_account<operation::remove_factor>, credential::session, delete_fields, 303},
    route{"POST", "account/recovery-codes", on_account<operation::make_recovery_codes>, credential::session,
          delete_fields, 200},
    route{"POST", "account/delete", on_account<operation::remove_account>, credential::session, delete_fields, 303},
    route{"GET", "forgot", show_page, credential::none, return_fields, 200},
    route{"POST", "forgot", operation::forgot_password, credential::none, address_form, 200},
    route{"GET", "reset", operation::look_at_reset_link, credential::none, link_form, 200},
    route{"POST", "reset", operation::reset_password, credential::none, reset_form, 303},
    route{"GET", "verify", operation::look_at_verification_link, credential::none, link_form, 200},
    route{"POST", "verify", operation::verify_email, credential::whatever, link_form, 200},
    route{"POST", "verify/resend", operation::resend_verification, credential::none, address_form, 200},
    route{"GET", "assets/:id", show_page, credential::none, {}, 200},
};

struct page {
  std::string_view path;           // of the routes
  std::string_view template_name;  // that shows it, or shows it again
  std::string_view section;        // of the account page
  std::string_view done;           // which notice follows a success
};

inline constexpr std::string_view account_template = "account.html";
inline constexpr std::string_view challenge_template = "challenge.html";
inline constexpr std::string_view pending_notice = "email_confirmation_sent";
inline constexpr std::string_view verification_template = "verification-needed.html";
inline constexpr std::string_view resend_path = "verify/resend";

inline constexpr std::array known_pages{
    page{"login", "login.html", "", ""},
    page{"challenge", challenge_template, "", ""},
    page{"challenge/postpone", challenge_template, "", ""},
    page{"register", "register.html", "", ""},
    page{"passkey", "login.html", "", ""},
    page{"account/passkeys", "passkey.html", "", ""},
    page{"account/passkeys/new", "passkey.html", "", "passkey_added"},
    page{"step-up", "step-up.html", "", ""},
    page{"logout", "logout.html", "", ""},
    page{"logged-out", "logged-out.html", "", ""},
    page{"account", account_template, "", ""},
    page{"account/profile", account_template, "profile", "profile_saved"},
    page{"account/password", account_template, "password", "password_changed"},
    page{"account/sessions", account_template, "sessions", "sessions_ended"},
    page{"account/sessions/:id", account_template, "sessions", "session_ended"},
    page{"account/tokens", account_template, "tokens", ""},
    page{"account/tokens/:id", account_template, "tokens", "token_ended"},
    page{"account/tokens/:id/name", account_template, "tokens", "token_renamed"},
    page{"account/totp", account_template, "totp", ""},
    page{"account/factors/:id", account_template, "factors", "factor_removed"},
    page{"account/factors/:id/name", account_template, "factors", "factor_renamed"},
    page{"account/factors/:id/confirm", account_template, "confirm", "factor_added"},
    page{"account/recovery-codes", account_template, "codes", ""},
    page{"account/delete", account_template, "delete", "account_deleted"},
    page{"forgot", "forgot.html", "", ""},
    page{"reset", "reset.html", "", "password_reset"},
    page{"verify", "verify.html", "", ""},
    page{resend_path, verification_template, "", "verification_sent"},
};

}  // namespace gatehouse::dialect
