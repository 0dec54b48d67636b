#include "dialect/pages.h"

#include <array>
#include <nlohmann/json.hpp>

#include "dialect/form_body.h"
#include "dialect/html.h"
#include "dialect/refusals.h"
#include "gate/return_address.h"
#include "operation/issue.h"
#include "operation/login.h"
#include "operation/logout.h"
#include "operation/register.h"

namespace gatehouse::dialect {

namespace {

using operation::input;

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

task<operation::outcome> show_page(operation::context, operation::input) { co_return operation::blank(); }

constexpr std::array routes{
    route{"GET", "login", show_page, credential::none, page_fields, 200},
    route{"POST", "login", operation::login, credential::none, login_fields, 303},
    route{"GET", "register", show_page, credential::none, page_fields, 200},
    route{"POST", "register", operation::register_account, credential::none, register_fields, 303},
    route{"POST", "logout", operation::logout, credential::cookies, {}, 303},
};

response redirect(int status, std::string location) {
  response made;
  made.status = status;
  made.add_header("Location", std::move(location));
  return made;
}

response html_page(int status, const std::string& body) {
  response made;
  made.status = status;
  made.add_header("Content-Type", "text/html; charset=utf-8");
  made.add_header("Content-Security-Policy",
                  "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'");
  made.add_header("Referrer-Policy", "no-referrer");
  made.body = body;
  return made;
}

std::string sentence(const operation::refused& no) {
  std::string text(no.message.empty() ? row_of(no.why).message : std::string_view(no.message));
  for (const operation::field_error& each : no.fields) {
    text += each.field == operation::field_id(&input::password) ? "; the password " : "; the form: ";
    text += each.reason;
  }
  return text;
}

// The form of a route, `trouble` above it where there is some.
response show_form(const exchange& about, int status, const std::string& trouble) {
  const bool registering = about.matched.path == "register";
  return html_page(status, form_page(registering ? "Register" : "Log in", registering, trouble, about.return_address));
}

// Where to go after signing in: only what stays on this site, or what the operator allows (REQUIREMENTS 44).
std::string destination(const exchange& about) {
  const std::vector<std::string_view> allowed(about.realm.return_urls.begin(), about.realm.return_urls.end());
  return gate::is_safe_return(about.return_address, allowed) ? about.return_address : "/";
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (const auto* session = std::get_if<operation::signed_in>(&outcome)) {
    response made = redirect(about.matched.success, destination(about));
    for (std::string& cookie : operation::session_cookies(about.realm, session->tokens)) {
      made.add_header("Set-Cookie", std::move(cookie));
    }
    return made;
  }
  const auto* no = std::get_if<operation::refused>(&outcome);
  const bool was_over =
      about.matched.path == "logout" && no != nullptr && no->why == operation::refusal::bad_refresh_token;
  if (std::holds_alternative<operation::signed_out>(outcome) || was_over) {
    response made = redirect(about.matched.success, "login");
    for (const std::string& cookie : about.realm.cookies->clear()) made.add_header("Set-Cookie", cookie);
    return made;
  }
  if (no != nullptr) {
    return show_form(about, row_of(no->why).status, sentence(*no));
  }
  return show_form(about, about.matched.success, "");
}

response encode_status(int status) {
  const refusal_row* row = row_of_status(status);
  return html_page(status, message_page(row != nullptr ? row->message : row_of_status(500)->message));
}

nlohmann::json claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

}  // namespace

const dialect pages{
    .name = "pages",
    .client = {.name = "pages",
               .policy = session::policy::rotating,
               .access_lifetime = seconds(3600),
               .refresh_lifetime = seconds(30 * 24 * 3600),
               .claims = claims},
    .routes = routes,
    .decode = decode_form,
    .encode = encode,
    .encode_status = encode_status,
};

}  // namespace gatehouse::dialect
