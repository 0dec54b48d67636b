#include "form/form.h"

#include <array>
#include <nlohmann/json.hpp>

#include "body/fields.h"
#include "body/form_body.h"
#include "body/multipart_body.h"
#include "form/form_pages.h"
#include "gate/cookie.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/recover.h"
#include "operation/register.h"
#include "operation/verify_email.h"
#include "operation/who_is_logged_in.h"
#include "page/page_forms.h"
#include "step/issue.h"
#include "step/link_use.h"
#include "wire/refusal_texts.h"
#include "wire/tokens_in_cookies.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::ordered_json;
using operation::input;
using operation::refusal;

// The contract calls the secret of a link "uuid", the templates of the pages call it "token".
constexpr std::array reset_fields{
    field{"uuid", &input::link_token, true},
    field{"token", &input::link_token, false},
    field{"password", &input::password, false},
};
constexpr std::array uuid_fields{
    field{"uuid", &input::link_token, true},
    field{"token", &input::link_token, false},
};

// Without a password the request is for the page that asks for one.
task<operation::outcome> reset_password(operation::context ctx, operation::input in) {
  if (!in.password) co_return co_await operation::look_at_reset_link(std::move(ctx), std::move(in));
  co_return co_await operation::reset_password(std::move(ctx), std::move(in));
}

constexpr std::array routes{
    route{"GET", "auth/login", operation::look_who_is_logged_in, credential::whatever, return_fields, 200},
    route{"POST", "auth/login", operation::login, credential::none, login_form, 200},
    route{"GET", "auth/signup", show_page, credential::none, return_fields, 200},
    route{"POST", "auth/signup", operation::register_account, credential::none, register_form, 200},
    route{"GET", form_logout, show_page, credential::none, return_fields, 200},
    route{"POST", form_logout, operation::logout_of_session, credential::whatever, {}, 200},  // whatever its body is
    route{"GET", form_forgot, show_page, credential::none, return_fields, 200},
    route{"POST", form_forgot, operation::forgot_password, credential::none, address_form, 200},
    route{"GET", form_reset, reset_password, credential::none, reset_fields, 200, true},
    route{"POST", form_reset, reset_password, credential::none, reset_fields, 200, true},
    route{"GET", form_verify, operation::look_at_verification_link, credential::none, uuid_fields, 200},
    route{"POST", form_verify, operation::verify_email, credential::none, uuid_fields, 200},
    route{"POST", "auth/verify/resend", operation::resend_verification, credential::none, address_form, 200},
    route{"GET", "auth/assets/:id", show_page, credential::none, {}, 200},
};

constexpr std::array<std::string_view, 1> cookies{"uuid"};

decoded decode(const route& matched, std::string_view content_type, std::string_view body) {
  if (content_type.empty() || is_urlencoded(content_type)) return decode_form(matched, content_type, body);
  if (is_multipart(content_type)) return decode_multipart(matched, content_type, body);
  operation::refused rejection;
  rejection.why = refusal::unsupported_media_type;
  rejection.message = "The body must be application/x-www-form-urlencoded or multipart/form-data";
  return {{}, std::move(rejection)};
}

// The handle is found like a refresh token, and does what one does.
presented find_handle(const request& asked, const realm::settings& realm) {
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  std::string joined;
  const gate::found_cookie access = gate::find_split_cookie(headers, realm.cookies->access(), joined);
  const gate::found_cookie handle = gate::find_cookie(headers, realm.handle_cookie->name());
  presented shown;
  shown.conflicting =
      std::holds_alternative<gate::ambiguous_cookie>(access) || std::holds_alternative<gate::ambiguous_cookie>(handle);
  if (const auto* token = std::get_if<std::string_view>(&access)) shown.access = secret(*token);
  if (const auto* text = std::get_if<std::string_view>(&handle)) shown.refresh = secret(*text);
  return shown;
}

response text(int status, std::string_view said) {
  response answer;
  answer.status = status;
  answer.add_header("Content-Type", "text/plain; charset=utf-8");
  answer.body = said;
  return answer;
}

response code_and_message(int status, std::string_view said) {
  const ordered_json body = {{"code", status}, {"message", said}};
  response answer;
  answer.status = status;
  answer.add_header("Content-Type", "application/json");
  answer.body = body.dump();
  return answer;
}

// This login takes the place of one through the pages of `rest` in the same browser, whose refresh cookie goes.
void clear_other_login(const exchange& about, response& answer) {
  const auto other = gate::find_cookie(about.asked.all_headers("Cookie"), about.realm.cookies->refresh());
  if (!std::holds_alternative<gate::no_cookie>(other)) {
    answer.add_header("Set-Cookie", about.realm.cookies->clear().back());
  }
}

void set_access(const exchange& about, const operation::issued_tokens& tokens, response& answer) {
  const std::optional<seconds> lifetime = operation::cookie_lifetime(tokens, tokens.access_expires_at);
  std::vector<std::string> cookies = about.realm.cookies->set_access(tokens.access.reveal(), lifetime);
  if (cookies.size() == 1) clear_token_rest(about, answer);
  for (std::string& cookie : cookies) answer.add_header("Set-Cookie", std::move(cookie));
}

response enter(const exchange& about, const operation::issued_tokens& tokens) {
  const bool is_login = about.matched.path == "auth/login";
  response answer =
      wants_page(about.asked) ? back(about) : text(200, is_login ? "Login successful" : "Signup successful");
  const std::optional<seconds> lifetime = operation::cookie_lifetime(tokens, tokens.refresh_expires_at);
  answer.add_header("Set-Cookie", about.realm.handle_cookie->set(tokens.handle.reveal(), lifetime));
  set_access(about, tokens, answer);
  clear_other_login(about, answer);
  return answer;
}

response leave(const exchange& about) {
  response answer = wants_page(about.asked) ? back(about) : text(200, "Logout successful");
  answer.add_header("Set-Cookie", about.realm.handle_cookie->clear());
  answer.add_header("Set-Cookie", about.realm.cookies->clear().front());
  clear_token_rest(about, answer);
  clear_other_login(about, answer);
  return answer;
}

std::string sentence_of(const exchange& about, const operation::refused& rejection) {
  if (rejection.why == refusal::bad_credentials) return "Invalid email or password";
  if (rejection.why == refusal::email_taken) return "A user with this email already exists";
  if (rejection.fields.empty())
    return std::string(rejection.message.empty() ? row_of(rejection.why).message : rejection.message);
  std::string reasons;
  for (const operation::field_error& each : rejection.fields) {
    reasons.append(reasons.empty() ? "" : ", ").append(member_name(about.matched, each.field));
    reasons.append(" ").append(each.reason);
  }
  return reasons;
}

response encode_refusal(const exchange& about, const operation::refused& rejection) {
  const bool was_over = about.matched.path == form_logout && rejection.why == refusal::bad_refresh_token;
  if (wants_page(about.asked)) return was_over ? leave(about) : form_page(about, &rejection);
  const bool knows_nobody =
      was_over || rejection.why == refusal::link_unknown || rejection.why == refusal::link_expired;
  if (knows_nobody) return code_and_message(404, "User not found");
  const int status = rejection.why == refusal::email_taken ? 400 : row_of(rejection.why).status;
  return text(status, sentence_of(about, rejection));
}

// Shows the page that asks for something; a client that wants no page is told which field is missing.
response ask(const exchange& about, const operation::blank& page) {
  const bool asks_for_password = about.matched.path == form_reset;
  if (!asks_for_password || (wants_page(about.asked) && about.matched.method == "GET")) {
    return form_page(about, nullptr, page.logged_in_as);
  }
  operation::refused rejection;
  rejection.why = refusal::invalid_input;
  rejection.fields.push_back({&input::password, "is required"});
  return encode_refusal(about, rejection);
}

// GET reset-password changes the password, but a HEAD must change nothing (RFC 9110 §9.3.2): it is answered like the
// GET of the form, whatever its query says.
std::optional<response> answer_blind_reset(const exchange& about) {
  if (about.asked.method != "HEAD" || about.matched.path != form_reset) return std::nullopt;
  return form_page(about, nullptr);
}

struct encoder {
  const exchange& about;

  response operator()(const operation::signed_in& session) const { return enter(about, session.tokens); }
  response operator()(const operation::signed_out&) const { return leave(about); }
  response operator()(const operation::blank& page) const { return ask(about, page); }
  response operator()(const operation::mail_sent&) const {
    if (wants_page(about.asked)) return form_page_after_mail(about);
    const bool is_reset = about.matched.path == form_forgot;
    return code_and_message(
        200, is_reset ? "Password reset link sent to your email" : "Verification link sent to your email");
  }
  response operator()(const operation::password_reset&) const {
    return wants_page(about.asked) ? form_page_after_reset(about) : code_and_message(200, "Password reset successful");
  }
  response operator()(const operation::email_verified&) const {
    return wants_page(about.asked) ? form_page_after_verification(about) : code_and_message(200, "Email verified");
  }
  response operator()(const operation::verification_sent&) const {
    return wants_page(about.asked) ? back(about) : text(200, "Signup successful");
  }
  response operator()(const operation::refused& refused) const { return encode_refusal(about, refused); }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::profile,
      operation::session_list, operation::sessions_ended, operation::account_removed, operation::user_list,
      operation::temporary_password, operation::account_overview, operation::token_list, operation::token_made,
      operation::url_signed, operation::token_changed, operation::handed_over, operation::assurance_wanted>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

response encode_status(const request& asked, const realm::settings& realm, int status) {
  if (wants_page(asked)) return form_error_page_of_status(asked, realm, status);
  return text(status, message_of_status(asked, realm, status));
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

}  // namespace

const dialect form{
    .name = "form",
    .client = {.name = "form",
               .policy = session::policy::fixed,
               .access_lifetime = seconds(15 * 60),
               .refresh_lifetime = seconds(30 * 24 * 3600),
               .claims = claims,
               .verify_link = "auth/verify?uuid=",
               .reset_link = "auth/reset-password?uuid=",
               .reveals_taken = true,
               .handle_cookie = cookies.front(),
               .takes_any_address = true,
               .keeps_tokens_in_cookies = true},
    .routes = routes,
    .decode = decode,
    .find_tokens = find_handle,
    .encode = encode,
    .encode_status = encode_status,
    .refuse_early = answer_blind_reset,
    .cookies = cookies,
    .sets_cookies = true,
    .pages_at = form_pages_at,
};

}  // namespace gatehouse::dialect
