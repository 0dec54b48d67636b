#include "page/link_pages.h"

#include <algorithm>
#include <array>

#include "body/form_body.h"
#include "operation/recover.h"
#include "operation/verify_email.h"
#include "page/page_forms.h"
#include "page/page_response.h"
#include "page/page_values.h"
#include "step/link_use.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

namespace {

using operation::input;
using operation::refusal;

constexpr std::array jsonapi_routes{
    route{"GET", jsonapi_reset, operation::look_at_reset_link, credential::none, link_form, 200},
    route{"POST", jsonapi_reset, operation::reset_password, credential::none, reset_form, 200},
    route{"GET", jsonapi_verify, operation::look_at_verification_link, credential::none, link_form, 200},
    route{"POST", jsonapi_verify, operation::verify_email, credential::none, link_form, 200},
    route{"POST", "web/verify/resend", operation::resend_verification, credential::none, address_form, 200},
    route{"GET", "web/assets/:id", show_page, credential::none, {}, 200},
};
constexpr std::array csrf_routes{
    route{"GET", csrf_verify, operation::look_at_verification_link, credential::none, link_form, 200},
    route{"POST", csrf_verify, operation::verify_email, credential::none, link_form, 200},
    route{"POST", "auth/verify/resend", operation::resend_verification, credential::none, address_form, 200},
    route{"GET", "auth/assets/:id", show_page, credential::none, {}, 200},
};

// The same request, as the pages' own functions expect it: with the mount that their links begin with, which is the
// first segment of the path.
request as_page(const request& asked) {
  const std::string_view path = asked.path;
  request moved = asked;
  moved.mount.append(path.substr(0, path.find('/') + 1));
  return moved;
}

response show_link_page(const exchange& about, std::string_view template_name, int status,
                        const operation::refused* trouble, const nlohmann::json& more = nlohmann::json::object()) {
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked, as_page(about.asked).mount, language);
  values["can"]["login"] = false;
  values["at"] = {{"reset", about.asked.mount + std::string(jsonapi_reset)}};
  add_form(values, about, language, trouble);
  values.update(more);
  return html(status, about.realm.pages->render(template_name, language, values), language);
}

// The link has no token: it was cut off, by a mail program for example.
bool is_cut_off(const operation::refused& rejection) {
  return std::ranges::find(rejection.fields, operation::field_id(&input::link_token), &operation::field_error::field) !=
         rejection.fields.end();
}

std::string_view form_of(const route& matched) {
  if (matched.path == jsonapi_reset) return "reset.html";
  return matched.path.ends_with("/resend") ? "verification-needed.html" : "verify.html";
}

// There is no form to ask for a new link to choose a password: the application has that.
response encode_link_refusal(const exchange& about, const operation::refused& rejection) {
  operation::refused said = rejection;
  if (is_cut_off(rejection)) said.why = refusal::link_unknown;
  const int status = row_of(said.why).status;
  const bool is_dead = said.why == refusal::link_unknown || said.why == refusal::link_expired;
  if (!is_dead && about.matched.method == "GET") return error_page(as_page(about.asked), about.realm, said);
  if (!is_dead) return show_link_page(about, form_of(about.matched), status, &said);
  if (about.matched.path == jsonapi_reset) return error_page(as_page(about.asked), about.realm, said);
  return show_link_page(about, "link-failed.html", status, nullptr);
}

response show_form_or_asset(const exchange& about) {
  if (!about.matched.path.ends_with(":id")) return show_link_page(about, form_of(about.matched), 200, nullptr);
  const request moved = as_page(about.asked);
  return asset({about.matched, about.realm, moved, {}});
}

response say_mail_is_sent(const exchange& about) {
  const std::string_view language = language_of(about.realm, about.asked);
  const nlohmann::json sent = {{"notice", about.realm.pages->text("notices", "verification_sent", language)}};
  return show_link_page(about, form_of(about.matched), 200, nullptr, sent);
}

struct encoder {
  const exchange& about;

  response operator()(const operation::blank&) const { return show_form_or_asset(about); }
  response operator()(const operation::password_reset&) const {
    return show_link_page(about, "reset-done.html", 200, nullptr);
  }
  response operator()(const operation::email_verified&) const {
    return show_link_page(about, "verified.html", 200, nullptr);
  }
  response operator()(const operation::mail_sent&) const { return say_mail_is_sent(about); }
  response operator()(const operation::refused& refused) const { return encode_link_refusal(about, refused); }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::signed_in,
      operation::profile, operation::session_list, operation::signed_out, operation::sessions_ended,
      operation::account_removed, operation::verification_sent, operation::user_list, operation::temporary_password,
      operation::account_overview, operation::token_list, operation::token_made, operation::url_signed,
      operation::token_changed, operation::handed_over, operation::assurance_wanted>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(encoder{about}, outcome);
}

response encode_status(const request& asked, const realm::settings& realm, int status) {
  return error_page_of_status(as_page(asked), realm, status);
}

nlohmann::json no_claims(const account::user&) { return nlohmann::json::object(); }

presented find_nothing(const request&, const realm::settings&) { return {}; }

// A client that opens no session, because nobody logs in on these pages.
operation::client client_of(std::string_view name, std::string_view verify_link) {
  operation::client client{};
  client.name = name;
  client.policy = session::policy::rotating;
  client.access_lifetime = seconds(3600);
  client.refresh_lifetime = seconds(7 * 24 * 3600);
  client.claims = no_claims;
  client.verify_link = verify_link;
  return client;
}

dialect side_of(operation::client client, std::span<const route> routes) {
  dialect side{};
  side.name = client.name;
  side.client = client;
  side.routes = routes;
  side.decode = decode_form;
  side.find_tokens = find_nothing;
  side.encode = encode;
  side.encode_status = encode_status;
  side.sets_cookies = true;
  return side;
}

}  // namespace

const dialect jsonapi_pages = side_of(client_of("jsonapi-pages", "web/verify?token="), jsonapi_routes);
const dialect csrf_pages = side_of(client_of("csrf-pages", "auth/verify?token="), csrf_routes);

}  // namespace gatehouse::dialect
