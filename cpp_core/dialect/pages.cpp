#include "dialect/pages.h"

#include <algorithm>
#include <array>

#include "dialect/form_body.h"
#include "dialect/page_response.h"
#include "dialect/page_values.h"
#include "dialect/refusals.h"
#include "dialect/tokens_in_cookies.h"
#include "gate/cross_site.h"
#include "gate/return_address.h"
#include "operation/issue.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/overview.h"
#include "operation/profile.h"
#include "operation/register.h"
#include "operation/sessions.h"

namespace gatehouse::dialect {

namespace {

using operation::input;
using operation::refusal;

constexpr std::array page_fields{
    field{"return", &input::return_address, false},
};
constexpr std::array login_fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"return", &input::return_address, false},
};
constexpr std::array register_fields{
    field{"name", &input::name, true},
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"return", &input::return_address, false},
};
constexpr std::array profile_fields{
    field{"name", &input::name, true},
    field{"email", &input::email, true},
    field{"current_password", &input::current_password, false},
};
constexpr std::array password_fields{
    field{"current_password", &input::current_password, true},
    field{"password", &input::password, true},
};
constexpr std::array presence_fields{
    field{"current_password", &input::current_password, false},
};
constexpr std::array delete_fields{
    field{"current_password", &input::current_password, true},
};

task<operation::outcome> show_page(operation::context, operation::input) { co_return operation::blank(); }

// The form always holds an e-mail; the one that the user has already is no wish to change it.
task<operation::outcome> change_profile(operation::context ctx, operation::input in) {
  operation::outcome shown = co_await operation::show_profile(ctx, in);
  const auto* now = std::get_if<operation::profile>(&shown);
  if (now == nullptr) co_return shown;
  if (in.email == now->user.email) in.email.reset();
  co_return co_await operation::change_profile(std::move(ctx), std::move(in));
}

// An operation of the account page, which is shown again when the operation is refused.
template <auto Operation>
task<operation::outcome> on_account(operation::context ctx, operation::input in) {
  operation::outcome made = co_await Operation(ctx, in);
  co_return co_await operation::show_overview_after(std::move(ctx), std::move(in), std::move(made));
}

constexpr std::array routes{
    route{"GET", "login", show_page, credential::none, page_fields, 200},
    route{"POST", "login", operation::login, credential::none, login_fields, 303},
    route{"GET", "register", show_page, credential::none, page_fields, 200},
    route{"POST", "register", operation::register_account, credential::none, register_fields, 303},
    route{"POST", "logout", operation::logout, credential::whatever, page_fields, 303},
    route{"GET", "logged-out", show_page, credential::none, page_fields, 200},
    route{"GET", "account", operation::show_overview, credential::session, {}, 200},
    route{"GET", "account/:id", operation::show_overview, credential::session, {}, 200},  // an error, loaded again
    route{"POST", "account/profile", on_account<change_profile>, credential::session, profile_fields, 303},
    route{"POST", "account/password", on_account<operation::change_profile>, credential::session, password_fields, 303},
    route{"POST", "account/sessions", on_account<operation::end_other_sessions>, credential::session, presence_fields,
          303},
    route{"POST", "account/sessions/:id", on_account<operation::end_session>, credential::session, presence_fields,
          303},
    route{"POST", "account/delete", on_account<operation::remove_account>, credential::session, delete_fields, 303},
    route{"GET", "assets/:id", show_page, credential::none, {}, 200},
};

struct page {
  std::string_view path;           // of the routes
  std::string_view template_name;  // that shows it, or shows it again
  std::string_view section;        // of the account page
  std::string_view done;           // which notice follows a success
};

constexpr std::string_view account_template = "account.html";

constexpr std::array known_pages{
    page{"login", "login.html", "", ""},
    page{"register", "register.html", "", ""},
    page{"logged-out", "logged-out.html", "", ""},
    page{"account", account_template, "", ""},
    page{"account/profile", account_template, "profile", "profile_saved"},
    page{"account/password", account_template, "password", "password_changed"},
    page{"account/sessions", account_template, "sessions", "sessions_ended"},
    page{"account/sessions/:id", account_template, "sessions", "session_ended"},
    page{"account/delete", account_template, "delete", "account_deleted"},
};

constexpr std::array<std::string_view, 7> templates{
    "login.html", "register.html", "logged-out.html", account_template, "forbidden.html", "error.html", "theme.css"};

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

response enter(const exchange& about, const operation::issued_tokens& tokens) {
  response made = redirect(303, destination(about));
  set_token_cookies(about, tokens, made);
  return made;
}

// What the browser has kept of the application's pages goes as well.
response leave(const exchange& about) {
  std::string query;
  if (!page_of(about).done.empty()) query = "?done=" + std::string(page_of(about).done);
  if (!about.typed_as("return").empty()) query = "?return=" + gate::percent_encode(about.typed_as("return"));
  response made = redirect(303, mounted(about, "logged-out") + query);
  for (const std::string& cookie : about.realm.cookies->clear()) made.add_header("Set-Cookie", cookie);
  made.add_header("Clear-Site-Data", "\"cache\"");
  return made;
}

response to_login(const exchange& about) {
  const bool may_be_repeated = gate::is_safe_method(about.asked.method);
  const std::string back = mounted(about, may_be_repeated ? about.matched.path : "account");
  return redirect(303, mounted(about, "login?return=") + gate::percent_encode(back));
}

// The text for "?done=NAME", which a redirect after a success brings.
std::string notice(const exchange& about, std::string_view language) {
  constexpr std::string_view parameter = "done=";
  if (!about.asked.query.starts_with(parameter)) return {};
  const std::string_view name = std::string_view(about.asked.query).substr(parameter.size());
  const bool is_ours = std::ranges::find(known_pages, name, &page::done) != known_pages.end();
  return is_ours ? about.realm.pages->text("notices", name, language) : "";
}

response show_account(const exchange& about, const operation::account_overview& all) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked.mount, language);
  add_account(values, about, language, all);
  values["notice"] = notice(about, language);
  if (all.trouble) add_form(values["section"][std::string(page_of(about).section)], about, language, &*all.trouble);
  const int status = all.trouble ? row_of(all.trouble->why).status : 200;
  return html(status, about.realm.pages->render(account_template, language, values), language);
}

response show_form(const exchange& about, const operation::refused* trouble) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked.mount, language);
  add_form(values, about, language, trouble);
  values["notice"] = notice(about, language);
  const int status = trouble != nullptr ? row_of(trouble->why).status : about.matched.success;
  return html(status, about.realm.pages->render(page_of(about).template_name, language, values), language);
}

response encode_refusal(const exchange& about, const operation::refused& no) {
  const bool was_over = about.matched.path == "logout" && no.why == refusal::bad_refresh_token;
  if (was_over) return leave(about);
  if (no.why == refusal::missing_bearer || no.why == refusal::bad_bearer) return to_login(about);
  const bool has_form = !about.matched.fields.empty() && page_of(about).template_name != account_template &&
                        !page_of(about).template_name.empty();
  if (has_form) return show_form(about, &no);
  return error_page(about.asked, about.realm, row_of(no.why).status, no);
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (const auto* session = std::get_if<operation::signed_in>(&outcome)) return enter(about, session->tokens);
  if (const auto* all = std::get_if<operation::account_overview>(&outcome)) return show_account(about, *all);
  if (const auto* no = std::get_if<operation::refused>(&outcome)) return encode_refusal(about, *no);
  if (std::holds_alternative<operation::signed_out>(outcome) ||
      std::holds_alternative<operation::account_removed>(outcome)) {
    return leave(about);
  }
  if (std::holds_alternative<operation::blank>(outcome)) {
    return about.matched.path == "assets/:id" ? asset(about) : show_form(about, nullptr);
  }
  return redirect(303, mounted(about, "account?done=") + std::string(page_of(about).done));
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

}  // namespace

std::span<const std::string_view> page_templates() { return templates; }

const dialect pages{
    .name = "pages",
    .client = {.name = "pages",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(30 * 24 * 3600),
               .claims = claims},
    .routes = routes,
    .decode = decode_form,
    .find_tokens = find_token_cookies,
    .encode = encode,
    .encode_status = error_page_of_status,
    .add_tokens = set_token_cookies,
    .show_again = operation::show_overview_after,
    .sets_cookies = true,
};

}  // namespace gatehouse::dialect
