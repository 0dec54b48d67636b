#include "rest/rest.h"

#include <array>
#include <nlohmann/json.hpp>

#include "body/fields.h"
#include "body/json_body.h"
#include "browser/pages.h"
#include "operation/challenge.h"
#include "operation/factors.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/passkeys.h"
#include "operation/profile.h"
#include "operation/recover.h"
#include "operation/refresh.h"
#include "operation/register.h"
#include "operation/sessions.h"
#include "operation/signed_urls.h"
#include "operation/step_up.h"
#include "operation/user_tokens.h"
#include "operation/verify_email.h"
#include "wire/json_response.h"
#include "wire/refusal_texts.h"
#include "wire/tokens_in_header.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;

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

constexpr std::array email_fields{
    field{"email", &input::email, true},
};
constexpr std::array token_fields{
    field{"token", &input::link_token, true},
};
constexpr std::array reset_fields{
    field{"token", &input::link_token, true},
    field{"password", &input::password, true},
    field{"confirmPassword", &input::confirm_password, false},
};

constexpr std::array presence_fields{
    field{"currentPassword", &input::current_password, false},
};

constexpr std::array user_token_fields{
    field{"name", &input::name, true},
    field{"scopes", &input::scopes, false},
    field{"networks", &input::networks, false},
    field{"expires", &input::expires, false},
    field{"currentPassword", &input::current_password, false},
};
constexpr std::array token_name_fields{
    field{"name", &input::name, true},
};

constexpr std::array step_up_fields{
    field{"password", &input::current_password, false},
    field{"code", &input::code, false},
    field{"credentialId", &input::credential_id, false},
    field{"clientDataJSON", &input::client_data, false},
    field{"authenticatorData", &input::authenticator_data, false},
    field{"signature", &input::signature, false},
};

constexpr std::array url_fields{
    field{"path", &input::path, true},
    field{"expiresIn", &input::expires_in, true},
    field{"host", &input::host, false},
};

constexpr std::array challenge_fields{
    field{"token", &input::pending_token, true},
    field{"code", &input::code, false},
    field{"credentialId", &input::credential_id, false},
    field{"clientDataJSON", &input::client_data, false},
    field{"authenticatorData", &input::authenticator_data, false},
    field{"signature", &input::signature, false},
};
constexpr std::array passkey_fields{
    field{"credentialId", &input::credential_id, true},
    field{"clientDataJSON", &input::client_data, true},
    field{"authenticatorData", &input::authenticator_data, true},
    field{"signature", &input::signature, true},
    field{"userHandle", &input::user_handle, true},
};
constexpr std::array new_passkey_fields{
    field{"name", &input::name, false},
    field{"clientDataJSON", &input::client_data, true},
    field{"authenticatorData", &input::authenticator_data, true},
    field{"publicKey", &input::public_key, true},
};
constexpr std::array postpone_fields{
    field{"token", &input::pending_token, true},
};
constexpr std::array proof_fields{
    field{"currentPassword", &input::current_password, true},
};
constexpr std::array totp_fields{
    field{"name", &input::name, false},
    field{"currentPassword", &input::current_password, true},
};
constexpr std::array code_fields{
    field{"code", &input::code, true},
};
constexpr std::array factor_name_fields{
    field{"name", &input::name, true},
    field{"currentPassword", &input::current_password, true},
};

constexpr std::array routes{
    route{"POST", "register", operation::register_account, credential::none, register_fields, 201},
    route{"POST", "login", operation::login, credential::none, login_fields, 200},
    route{"POST", "challenge", operation::answer_challenge, credential::none, challenge_fields, 200},
    route{"POST", "challenge/postpone", operation::postpone_challenge, credential::none, postpone_fields, 200},
    route{"POST", "passkey/options", operation::ask_for_passkey, credential::none, {}, 200},
    route{"POST", "passkey", operation::login_with_passkey, credential::none, passkey_fields, 200},
    route{"POST", "refresh", operation::refresh, credential::none, refresh_fields, 200},
    route{"POST", "step-up", operation::step_up, credential::bearer, step_up_fields, 200},
    route{"POST", "step-up/passkey", operation::ask_for_own_passkey, credential::bearer, {}, 200},
    route{"POST", "logout", operation::logout, credential::bearer_if_alone, logout_fields, 200},
    route{"POST", "logout/all", operation::logout_everywhere, credential::bearer, {}, 200},
    route{"POST", "forgot", operation::forgot_password, credential::none, email_fields, 202},
    route{"POST", "reset", operation::reset_password, credential::none, reset_fields, 200},
    route{"POST", "verify", operation::verify_email, credential::none, token_fields, 200},
    route{"POST", "verify/resend", operation::resend_verification, credential::none, email_fields, 202},
    route{"GET", "me", operation::show_profile, credential::bearer, {}, 200},
    route{"PATCH", "me", operation::change_profile, credential::bearer, profile_fields, 200},
    route{"GET", "sessions", operation::list_sessions, credential::bearer, {}, 200},
    route{"DELETE", "sessions", operation::end_other_sessions, credential::bearer, presence_fields, 204},
    route{"DELETE", "sessions/:id", operation::end_session, credential::bearer, presence_fields, 204},
    route{"GET", "tokens", operation::list_user_tokens, credential::bearer, {}, 200},
    route{"POST", "tokens", operation::create_user_token, credential::bearer, user_token_fields, 201},
    route{"PATCH", "tokens/:id", operation::rename_user_token, credential::bearer, token_name_fields, 204},
    route{"DELETE", "tokens/:id", operation::end_user_token, credential::bearer, {}, 204},
    route{"GET", "factors", operation::list_factors, credential::bearer, {}, 200},
    route{"POST", "factors/totp", operation::offer_totp_factor, credential::bearer, totp_fields, 201},
    route{"POST", "factors/passkey/options", operation::offer_passkey, credential::bearer, proof_fields, 200},
    route{"POST", "factors/passkey", operation::add_passkey, credential::bearer, new_passkey_fields, 201},
    route{"POST", "factors/:id/confirm", operation::confirm_totp_factor, credential::bearer, code_fields, 200},
    route{"PATCH", "factors/:id", operation::rename_factor, credential::bearer, factor_name_fields, 204},
    route{"DELETE", "factors/:id", operation::remove_factor, credential::bearer, proof_fields, 204},
    route{"POST", "recovery-codes", operation::make_recovery_codes, credential::bearer, proof_fields, 201},
    route{"POST", "signed-urls", operation::sign_url, credential::bearer, url_fields, 201},
    route{"GET", "users/:user/tokens", operation::list_tokens_of_user, credential::bearer, {}, 200},
    route{"POST", "users/:user/tokens", operation::create_token_of_service, credential::bearer, user_token_fields, 201},
    route{"DELETE", "users/:user/tokens/:id", operation::end_token_of_user, credential::bearer, {}, 204},
    route{"DELETE", "me", operation::remove_account, credential::bearer, presence_fields, 204},
};

ordered_json error_body(int status, std::string_view message) { return {{"message", message}, {"status", status}}; }

response encode_refusal(const route& matched, const operation::refused& rejection) {
  const refusal_row& row = row_of(rejection.why);
  ordered_json body =
      error_body(row.status, rejection.message.empty() ? row.message : std::string_view(rejection.message));
  for (const operation::field_error& each : rejection.fields) {
    body["errors"][std::string(member_name(matched, each.field))] = each.reason;
  }
  return json_response(row.status, body);
}

response encode_status(const request& asked, const realm::settings& realm, int status) {
  return json_response(status, error_body(status, message_of_status(asked, realm, status)));
}

ordered_json user_body(const account::user& user) {
  return {{"id", user.id},
          {"name", user.name},
          {"email", user.email},
          {"createdAt", iso8601(user.created_at)},
          {"updatedAt", iso8601(user.updated_at)}};
}

ordered_json profile_body(const operation::profile& shown) {
  ordered_json body = user_body(shown.user);
  if (shown.pending_email) body["pendingEmail"] = *shown.pending_email;
  return {{"user", std::move(body)}};
}

ordered_json session_body(const session::listed& each, bool is_current) {
  constexpr unix_millis millis_a_second = 1000;
  return {{"id", each.sid},
          {"current", is_current},
          {"client", each.client},
          {"address", each.address},
          {"userAgent", each.user_agent},
          {"createdAt", iso8601(each.created_at * millis_a_second)},
          {"lastSeenAt", iso8601(each.last_seen * millis_a_second)},
          {"expiresAt", iso8601(each.expires_at * millis_a_second)}};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

ordered_json token_body(const account::user_token& each) {
  ordered_json body = {{"id", each.id},
                       {"name", each.name},
                       {"scopes", joined(each.scopes)},
                       {"networks", joined(each.networks)},
                       {"createdAt", iso8601(each.created_at)},
                       {"expiresAt", nullptr},
                       {"lastUsedOn", nullptr}};
  if (each.expires_at) body["expiresAt"] = iso8601(*each.expires_at);
  if (each.last_used_on) {
    body["lastUsedOn"] = *each.last_used_on;
    body["lastUsedFrom"] = each.last_used_address;
    body["lastUsedBy"] = each.last_used_agent;
  }
  return body;
}

ordered_json codes_body(const std::vector<secret>& codes) {
  ordered_json list = ordered_json::array();
  for (const secret& code : codes) list.push_back(code.reveal());
  return list;
}

ordered_json factor_body(const account::second_factor& each) {
  ordered_json body = {{"id", each.id},
                       {"kind", account::name_of(each.kind)},
                       {"name", each.name},
                       {"createdAt", iso8601(each.created_at)},
                       {"lastUsedAt", nullptr}};
  if (each.kind == account::factor_kind::passkey) body["backedUp"] = each.backed_up;
  if (each.last_used_at) {
    body["lastUsedAt"] = iso8601(*each.last_used_at);
    body["lastUsedFrom"] = each.last_used_address;
    body["lastUsedBy"] = each.last_used_agent;
  }
  return body;
}

ordered_json challenge_body(const operation::challenge& asked) {
  ordered_json body = {{"token", asked.token.reveal()}, {"factors", ordered_json::array()}};
  if (asked.standing.totp > 0) body["factors"].push_back("totp");
  if (asked.passkey) {
    body["factors"].push_back("passkey");
    body["publicKey"] = *asked.passkey;
  }
  if (asked.standing.has_any() && asked.standing.recovery_codes > 0) body["factors"].push_back("recovery");
  if (asked.offer) {
    body["totp"] = {{"secret", asked.offer->key.reveal()}, {"uri", asked.offer->uri.reveal()}};
    body["postponable"] = asked.may_postpone;
  }
  return body;
}

struct encoder {
  const exchange& about;

  response operator()(const operation::signed_in& session) const {
    ordered_json tokens = {{"accessToken", session.tokens.access.reveal()},
                           {"refreshToken", session.tokens.refresh.reveal()}};
    ordered_json body = {{"user", user_body(session.user)}, {"tokens", std::move(tokens)}};
    if (!session.recovery_codes.empty()) body["recoveryCodes"] = codes_body(session.recovery_codes);
    return json_response(about.matched.success, body);
  }
  response operator()(const operation::challenge& asked) const {
    ordered_json body = error_body(
        401, asked.offer ? "A second factor is required here; set one up" : "A second factor is needed to log in");
    body["challenge"] = challenge_body(asked);
    return json_response(401, body);
  }
  response operator()(const operation::factor_list& all) const {
    ordered_json rows = ordered_json::array();
    for (const account::second_factor& each : all.factors) rows.push_back(factor_body(each));
    return json_response(about.matched.success, {{"factors", std::move(rows)}, {"recoveryCodes", all.recovery_codes}});
  }
  response operator()(const operation::totp_offer& offer) const {
    return json_response(about.matched.success,
                         {{"id", offer.id}, {"secret", offer.key.reveal()}, {"uri", offer.uri.reveal()}});
  }
  response operator()(const operation::passkey_options& options) const {
    return json_response(about.matched.success, {{"publicKey", options.public_key}});
  }
  response operator()(const operation::factor_made& made) const {
    ordered_json body = factor_body(made.about);
    if (!made.recovery_codes.empty()) body["recoveryCodes"] = codes_body(made.recovery_codes);
    return json_response(about.matched.success, body);
  }
  response operator()(const operation::recovery_codes_made& made) const {
    return json_response(about.matched.success, {{"recoveryCodes", codes_body(made.codes)}});
  }
  response operator()(const operation::profile& shown) const {
    return json_response(about.matched.success, profile_body(shown));
  }
  response operator()(const operation::signed_out&) const { return say("Logged out successfully"); }
  response operator()(const operation::verification_sent&) const {
    return json_response(202,
                         {{"message", "Registered; follow the link in the mail to verify the e-mail, then log in"}});
  }
  response operator()(const operation::mail_sent&) const {
    return say("If the e-mail is known here, a mail is on its way");
  }
  response operator()(const operation::email_verified&) const { return say("E-mail verified"); }
  response operator()(const operation::password_reset&) const {
    return say("Password changed; log in with the new one");
  }
  response operator()(const operation::session_list& list) const {
    ordered_json rows = ordered_json::array();
    for (const session::listed& each : list.sessions) rows.push_back(session_body(each, each.sid == list.current));
    return json_response(about.matched.success, {{"sessions", std::move(rows)}});
  }
  response operator()(const operation::token_list& list) const {
    ordered_json rows = ordered_json::array();
    for (const account::user_token& each : list.tokens) rows.push_back(token_body(each));
    return json_response(about.matched.success, {{"tokens", std::move(rows)}});
  }
  response operator()(const operation::token_made& fresh) const {
    ordered_json body = {{"token", fresh.token.reveal()}};
    body.update(token_body(fresh.about));
    return json_response(about.matched.success, body);
  }
  response operator()(const operation::url_signed& url) const {
    return json_response(about.matched.success, {{"url", url.url}, {"expiresAt", iso8601(url.expires_at * 1000)}});
  }
  template <operation::one_of<operation::token_changed, operation::factor_changed, operation::account_removed,
                              operation::sessions_ended>
                Silent>
  response operator()(const Silent&) const {
    response empty;
    empty.status = about.matched.success;
    return empty;
  }
  response operator()(const operation::refused& refused) const { return encode_refusal(about.matched, refused); }
  template <operation::one_of<operation::user_list, operation::temporary_password, operation::account_overview,
                              operation::handed_over, operation::assurance_wanted, operation::blank>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }

 private:
  response say(std::string_view message) const { return json_response(about.matched.success, {{"message", message}}); }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

}  // namespace

const dialect rest{
    .name = "rest",
    .client = {.name = "rest",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(30 * 24 * 3600),
               .claims = claims,
               .has_pages = true,
               .answers_challenges = true},
    .routes = routes,
    .decode = decode_json,
    .find_tokens = find_bearer_token,
    .encode = encode,
    .encode_status = encode_status,
    .pages = &pages,
};

}  // namespace gatehouse::dialect
