#include "browser/pages.h"

#include <algorithm>
#include <array>

#include "base/base64url.h"
#include "base/random.h"
#include "body/form_body.h"
#include "browser/client.h"
#include "browser/page_routes.h"
#include "browser/passkey_cookie.h"
#include "gate/cookie.h"
#include "gate/cross_site.h"
#include "gate/hop_cookie.h"
#include "gate/return_address.h"
#include "page/page_response.h"
#include "page/page_values.h"
#include "session/pending.h"
#include "step/issue.h"
#include "step/passkey.h"
#include "wire/refusal_texts.h"
#include "wire/tokens_in_cookies.h"
#include "wire/tokens_in_header.h"

namespace gatehouse::dialect {

namespace {

using operation::input;
using operation::refusal;

// What a login needs of the browser: which it is, where a passkey's challenge was given, and the token of a login that
// waits for its second step, which is nowhere else.
void read_login_cookies(const request& asked, const realm::settings& realm, input& in) {
  const std::vector<std::string_view> cookies = asked.all_headers("Cookie");
  if (in.credential_id) in.asked_browser = passkey_browser(asked, realm);
  in.pending_token = realm.login_cookies->pending_in(cookies);
  in.browser = realm.login_cookies->browser_in(cookies);
}

// The known client of `rest` logs out with only its bearer and no body, which is read here, as an empty form.
presented find_tokens(const request& asked, const realm::settings& realm) {
  presented shown = find_token_cookies(asked, realm);
  const bool has_bearer_only = asked.path == "logout" && shown.nothing();
  return has_bearer_only ? find_bearer_token(asked, realm) : std::move(shown);
}

page page_of(const exchange& about) {
  const auto known = std::ranges::find(known_pages, about.matched.path, &page::path);
  return known != known_pages.end() ? *known : page{about.matched.path, "", "", ""};
}

std::string mounted(const exchange& about, std::string_view path) { return about.asked.mount + std::string(path); }

// Where to go after signing in: only what stays on this site, or what the operator allows (REQUIREMENTS 44).
std::string destination(const exchange& about) {
  const std::vector<std::string_view> allowed(about.realm.return_urls.begin(), about.realm.return_urls.end());
  const std::string_view wanted = about.typed_as("return");
  return gate::is_safe_return(wanted, allowed) ? std::string(wanted) : "/";
}

// A login here takes the place of one through the dialect `form` in the same browser, and a logout ends both.
void clear_handle(const exchange& about, response& answer) {
  const auto& handle = about.realm.handle_cookie;
  if (!handle) return;
  const auto shown = gate::find_cookie(about.asked.all_headers("Cookie"), handle->name());
  if (!std::holds_alternative<gate::no_cookie>(shown)) answer.add_header("Set-Cookie", handle->clear());
}

void clear_cookies(const exchange& about, response& answer) {
  for (const std::string& cookie : about.realm.cookies_at(about.asked.host).clear())
    answer.add_header("Set-Cookie", cookie);
  clear_token_rest(about, answer);
  clear_handle(about, answer);
}

// The page that shows new recovery codes, and leads on.
response show_codes(const exchange& about, const std::vector<secret>& codes, std::string_view next) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked, about.asked.mount, language);
  values["codes"] = recovery_code_values(codes);
  values["destination"] = next;
  return html(200, about.realm.pages->render("recovery-codes.html", language, values), language);
}

bool is_second_step(const exchange& about) { return about.matched.path.starts_with("challenge"); }

void set_login_cookies(const exchange& about, const operation::signed_in& session, response& answer) {
  const gate::login_cookies& cookies = *about.realm.login_cookies;
  if (is_second_step(about)) answer.add_header("Set-Cookie", cookies.clear_pending());
  if (!session.browser.empty() && about.realm.mfa_remember) {
    answer.add_header("Set-Cookie", cookies.set_browser(session.browser, *about.realm.mfa_remember));
  }
}

response enter(const exchange& about, const operation::signed_in& session) {
  response answer = session.recovery_codes.empty() ? redirect(303, destination(about))
                                                   : show_codes(about, session.recovery_codes, destination(about));
  set_token_cookies(about, session.tokens, answer);
  set_login_cookies(about, session, answer);
  clear_handle(about, answer);
  return answer;
}

std::string logged_out_page(const exchange& about) {
  std::string query;
  if (!page_of(about).done.empty()) query = "?done=" + std::string(page_of(about).done);
  if (!about.typed_as("return").empty()) query = "?return=" + gate::percent_encode(about.typed_as("return"));
  return mounted(about, "logged-out") + query;
}

// Clear-Site-Data also removes the application's pages from the browser's cache.
response leave(const exchange& about) {
  response answer = redirect(303, logged_out_page(about));
  clear_cookies(about, answer);
  answer.add_header("Clear-Site-Data", "\"cache\"");
  return answer;
}

response to_login(const exchange& about) {
  if (about.matched.path == "step-up") {
    const std::string_view wanted = about.typed_as("return");
    return redirect(303, mounted(about, "login") + (wanted.empty() ? "" : "?return=" + gate::percent_encode(wanted)));
  }
  const bool may_be_repeated = gate::is_safe_method(about.asked.method);
  std::string back = mounted(about, may_be_repeated ? about.asked.path : "account");
  if (about.matched.path == "hop") back += "?" + about.asked.query;
  return redirect(303, mounted(about, "login?return=") + gate::percent_encode(back));
}

// A hand-over only goes to a host of the realm. This is checked before the login, so that nobody logs in for a host
// that will be refused.
std::optional<response> refuse_unknown_host(const exchange& about) {
  constexpr std::size_t challenge_length = 43;  // of 32 bytes in base64url
  if (about.matched.path != "hop") return std::nullopt;
  if (!about.realm.hosts.contains(about.typed_as("origin"))) {
    return error_page(about.asked, about.realm, refusal::unknown_host);
  }
  const std::optional<std::string> challenge = base64url_decode(about.typed_as("challenge"));
  const bool is_whole = gate::parse_hop_state(about.typed_as("state")) && challenge &&
                        about.typed_as("challenge").size() == challenge_length;
  return is_whole ? std::nullopt : std::optional(error_page(about.asked, about.realm, refusal::hop_lost));
}

response go_over(const exchange& about, const operation::handed_over& given) {
  std::string location(about.typed_as("origin"));
  location.append(about.realm.hop_path).append("hop?");
  if (!given.code.empty()) location.append("code=").append(given.code.reveal()).append("&");
  location.append("state=").append(about.typed_as("state"));
  response answer = redirect(302, std::move(location));
  answer.add_header("Referrer-Policy", "no-referrer");
  return answer;
}

response show_account(const exchange& about, const operation::account_overview& all) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked, about.asked.mount, language);
  add_account(values, about, language, all);
  values["notice"] = notice_of(about, language);
  values["has_error"] = all.trouble.has_value();
  if (all.trouble) add_form(values["section"][std::string(page_of(about).section)], about, language, &*all.trouble);
  const int status = all.trouble ? row_of(all.trouble->why).status : 200;
  return html(status, about.realm.pages->render(account_template, language, values), language);
}

// It only looks whether there is a cookie, which may be dead.
bool seems_logged_in(const exchange& about) { return !find_token_cookies(about.asked, about.realm).nothing(); }

// Over plain HTTP browsers send no Sec-Fetch-Dest, so the guard cannot see that a frame asks and redirects it to the
// login page, which would be blank if it could not be framed.
bool may_be_framed(const exchange& about) {
  return about.matched.path == "login" && !about.asked.secure && about.asked.header("Sec-Fetch-Dest").empty();
}

constexpr std::size_t browser_bytes = 16;

// What the login page's script asks the browser's passkeys for; the Set-Cookie that the browser needs for it, if it has
// no number yet.
std::optional<std::string> add_passkey_question(const exchange& about, nlohmann::json& values) {
  const std::optional<std::string> known = passkey_browser(about.asked, about.realm);
  const std::string browser = known ? *known : random_base64url(browser_bytes);
  const std::string challenge = operation::make_passkey_challenge(about.realm, operation::ceremony::login, browser);
  values["passkey_request"] = operation::passkey_request(about.realm, challenge, true, {}).dump();
  return known ? std::nullopt : std::optional(set_passkey_browser(about.realm, browser));
}

// Renders a page with a form, from the template `name`.
response show(const exchange& about, std::string_view name, int status, const operation::refused* trouble,
              nlohmann::json values = {}) {
  const std::string_view language = language_of(about.realm, about.asked);
  values.update(common_values(about.realm, about.asked, about.asked.mount, language));
  if (!values.contains("notice")) values["notice"] = notice_of(about, language);
  values["logged_in"] = about.matched.path == resend_path && seems_logged_in(about);
  add_form(values, about, language, trouble);
  std::optional<std::string> cookie;
  if (about.realm.passkey_login && name == "login.html") cookie = add_passkey_question(about, values);
  std::string body = about.realm.pages->render(name, language, values);
  response answer =
      may_be_framed(about) ? html_in_frame(status, std::move(body), language) : html(status, std::move(body), language);
  if (cookie) answer.add_header("Set-Cookie", std::move(*cookie));
  return answer;
}

response show_form(const exchange& about, const operation::refused* trouble) {
  if (const auto why = closed(about.realm, page_of(about).template_name)) {
    return error_page(about.asked, about.realm, *why);
  }
  const int status = trouble != nullptr ? row_of(trouble->why).status : about.matched.success;
  return show(about, page_of(about).template_name, status, trouble);
}

// Says who is logged in instead of showing the login form.
response show_who_is_logged_in(const exchange& about, const std::string& email) {
  const nlohmann::json values = {{"user", {{"email", email}}}, {"destination", destination(about)}};
  return show(about, "login.html", 200, nullptr, values);
}

// A hand-over goes on once the page has been answered.
response encode_wanted(const exchange& about, const operation::assurance_wanted& wanted) {
  if (about.matched.path == "hop") {
    const std::string page = mounted(about, "step-up?") + wanted.missing.query();
    return redirect(303, page + "&return=" + gate::percent_encode(mounted(about, "hop?") + about.asked.query));
  }
  nlohmann::json values = {{"user", {{"email", wanted.email}}},
                           {"destination", destination(about)},
                           {"is_done", wanted.asks && wanted.missing.empty()},
                           {"wants_mfa", wanted.missing.mfa},
                           {"can_code", wanted.standing.totp > 0 || wanted.standing.recovery_codes > 0},
                           {"has_factor", wanted.standing.has_any()}};
  if (wanted.passkey) values["passkey_request"] = wanted.passkey->dump();
  const operation::refused* trouble = wanted.trouble ? &*wanted.trouble : nullptr;
  return show(about, "step-up.html", trouble != nullptr ? row_of(trouble->why).status : 200, trouble, values);
}

// The browser keeps the token of the login, and asks for the page of its second step.
response begin_challenge(const exchange& about, const operation::challenge& asked) {
  const std::string_view wanted = about.typed_as("return");
  const std::string query = wanted.empty() ? "" : "?return=" + gate::percent_encode(wanted);
  response answer = redirect(303, mounted(about, "challenge") + query);
  answer.add_header("Set-Cookie", about.realm.login_cookies->set_pending(asked.token, session::pending::lifetime));
  return answer;
}

response show_challenge(const exchange& about, const operation::challenge& asked) {
  nlohmann::json values;
  add_challenge(values, about, language_of(about.realm, about.asked), asked);
  const int status = asked.trouble ? row_of(asked.trouble->why).status : 200;
  return show(about, challenge_template, status, asked.trouble ? &*asked.trouble : nullptr, values);
}

// Which login was meant, the browser does not know any more: it begins anew.
response show_login_again(const exchange& about, const operation::refused& rejection) {
  response answer = show(about, "login.html", row_of(rejection.why).status, &rejection);
  answer.add_header("Set-Cookie", about.realm.login_cookies->clear_pending());
  return answer;
}

bool is_dead_link(const operation::refused& rejection) {
  const bool is_cut_off = std::ranges::find(rejection.fields, operation::field_id(&input::link_token),
                                            &operation::field_error::field) != rejection.fields.end();
  return is_cut_off || rejection.why == refusal::link_expired || rejection.why == refusal::link_unknown;
}

response show_dead_link(const exchange& about, const operation::refused& rejection) {
  const nlohmann::json values = {{"for_reset", about.matched.path == "reset"}};
  return show(about, "link-failed.html", row_of(rejection.why).status, &rejection, values);
}

response encode_refusal(const exchange& about, const operation::refused& rejection) {
  const bool was_over = about.matched.path == "logout" && rejection.why == refusal::bad_refresh_token;
  if (was_over) return leave(about);
  // The cookies are of two sessions, and which one is meant cannot be told, so none has ended; but the browser loses
  // both.
  if (about.matched.path == "logout" && rejection.why == refusal::conflicting_credentials) {
    response answer = error_page(about.asked, about.realm, rejection);
    clear_cookies(about, answer);
    return answer;
  }
  const bool is_anonymous = rejection.why == refusal::missing_bearer || rejection.why == refusal::bad_bearer ||
                            rejection.why == refusal::deactivated;
  if (is_anonymous) return to_login(about);
  if (rejection.why == refusal::challenge_lost) return show_login_again(about, rejection);
  if (is_dead_link(rejection)) return show_dead_link(about, rejection);
  if (rejection.why == refusal::email_unverified)
    return show(about, verification_template, row_of(rejection.why).status, &rejection);
  const page& shown = page_of(about);
  const bool has_form = about.matched.method != "GET" && !shown.template_name.empty();
  if (has_form && shown.template_name != account_template) return show_form(about, &rejection);
  return error_page(about.asked, about.realm, rejection);
}

response encode_mail_sent(const exchange& about) {
  if (about.matched.path == "forgot") return show(about, "forgot-sent.html", 200, nullptr);
  const std::string_view language = language_of(about.realm, about.asked);
  const nlohmann::json values = {{"notice", about.realm.pages->text("notices", "verification_sent", language)}};
  return show(about, verification_template, 200, nullptr, values);
}

response encode_verified(const exchange& about, const operation::email_verified& who) {
  nlohmann::json values = nlohmann::json::object();
  if (seems_logged_in(about)) values["user"] = {{"email", who.user.email}};
  return show(about, "verified.html", 200, nullptr, values);
}

response encode_page(const exchange& about, const operation::blank& page) {
  if (!page.logged_in_as.empty()) return show_who_is_logged_in(about, page.logged_in_as);
  if (about.matched.path.empty()) return redirect(303, mounted(about, "account"));
  // A picture on another site can send this GET, without the cookies, so it must not log anybody out.
  if (about.matched.path == "logout" && !seems_logged_in(about)) return redirect(303, logged_out_page(about));
  return about.matched.path == "assets/:id" ? asset(about) : show_form(about, nullptr);
}

// After a form of the account page: back to it, with a notice of what was done.
response to_account(const exchange& about, std::string_view notice) {
  return redirect(303, mounted(about, "account?done=") + std::string(notice));
}

struct encoder {
  const exchange& about;

  response operator()(const operation::signed_in& session) const { return enter(about, session); }
  response operator()(const operation::challenge& asked) const {
    return asked.token.empty() ? show_challenge(about, asked) : begin_challenge(about, asked);
  }
  response operator()(const operation::factor_made& made) const {
    if (made.recovery_codes.empty()) return to_account(about, page_of(about).done);
    return show_codes(about, made.recovery_codes, mounted(about, "account?done=") + std::string(page_of(about).done));
  }
  response operator()(const operation::recovery_codes_made& made) const {
    return show_codes(about, made.codes, mounted(about, "account"));
  }
  template <operation::one_of<operation::signed_out, operation::account_removed> Left>
  response operator()(const Left&) const {
    return leave(about);
  }
  response operator()(const operation::account_overview& all) const { return show_account(about, all); }
  response operator()(const operation::profile& changed) const {
    return to_account(about, changed.pending_email ? pending_notice : page_of(about).done);
  }
  template <operation::one_of<operation::sessions_ended, operation::token_changed, operation::factor_changed> Changed>
  response operator()(const Changed&) const {
    return to_account(about, page_of(about).done);
  }
  response operator()(const operation::assurance_wanted& wanted) const { return encode_wanted(about, wanted); }
  response operator()(const operation::passkey_options& options) const {
    return show(about, "passkey.html", 200, nullptr, {{"passkey_creation", options.public_key.dump()}});
  }
  response operator()(const operation::handed_over& given) const { return go_over(about, given); }
  response operator()(const operation::blank& page) const { return encode_page(about, page); }
  response operator()(const operation::verification_sent&) const {
    return show(about, verification_template, 202, nullptr);
  }
  response operator()(const operation::mail_sent&) const { return encode_mail_sent(about); }
  response operator()(const operation::email_verified& who) const { return encode_verified(about, who); }
  response operator()(const operation::password_reset&) const {
    return redirect(303, mounted(about, "login?done=") + std::string(page_of(about).done));
  }
  response operator()(const operation::refused& refused) const { return encode_refusal(about, refused); }
  template <operation::one_of<operation::totp_offer, operation::factor_list, operation::session_list,
                              operation::user_list, operation::temporary_password, operation::token_list,
                              operation::token_made, operation::url_signed>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

}  // namespace

decoded pages_decode(const route& matched, std::string_view content_type, std::string_view body) {
  return matched.method == "GET" ? decode_query(matched, body) : decode_form(matched, content_type, body);
}

const dialect pages{
    .name = "pages",
    .client = browser_client,
    .routes = page_routes,
    .decode = pages_decode,
    .find_tokens = find_tokens,
    .encode = encode,
    .encode_status = error_page_of_status,
    .add_tokens = set_token_cookies,
    .refuse_early = refuse_unknown_host,
    .read_more = read_login_cookies,
    .show_again = operation::show_overview_after,
    .sets_cookies = true,
    .pages_at = "",
};

}  // namespace gatehouse::dialect
