#include "bff/bff_pages.h"

#include <algorithm>
#include <array>

#include "bff/bff_tokens.h"
#include "body/form_body.h"
#include "gate/return_address.h"
#include "operation/logout.h"
#include "page/page_forms.h"
#include "page/page_response.h"
#include "page/page_values.h"
#include "step/link_use.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

namespace {

struct page {
  std::string_view path;
  std::string_view template_name;
};

constexpr std::string_view logout_path = "logout";
constexpr std::string_view verify_path = "verify";
constexpr std::string_view verify_email_path = "verifyemail";
constexpr std::string_view failed_path = "verifyfailed";

constexpr std::array all_pages{
    page{"", "iam-home.html"},
    page{"register", "iam-register.html"},
    page{"login", "iam-login.html"},
    page{"reset", "iam-reset.html"},
    page{logout_path, "logout.html"},
    page{verify_path, "iam-verify.html"},
    page{verify_email_path, "iam-verifyemail.html"},
    page{failed_path, "iam-verifyfailed.html"},
    page{"verifysuccessful", "iam-verifysuccessful.html"},
    page{"dashboard", "iam-dashboard.html"},
    page{"dashboard/index", "iam-dashboard.html"},
    page{"dashboard/profile", "iam-profile.html"},
    page{"dashboard/settings", "iam-settings.html"},
};

constexpr std::string_view asset_path = "assets/:id";

// The token is optional: opened without it, the page asks for a link or says that there is none.
constexpr std::array page_token_fields{
    field{"token", &operation::input::link_token, false},
};

task<operation::outcome> look_at_reset_link(operation::context ctx, operation::input in) {
  if (!in.link_token) co_return operation::blank();
  co_return co_await operation::look_at_reset_link(std::move(ctx), std::move(in));
}

task<operation::outcome> look_at_verification_link(operation::context ctx, operation::input in) {
  if (!in.link_token) co_return operation::blank();
  co_return co_await operation::look_at_verification_link(std::move(ctx), std::move(in));
}

constexpr route route_to(const page& each) {
  if (each.path == verify_path) return {"GET", each.path, look_at_reset_link, credential::none, page_token_fields, 200};
  if (each.path == verify_email_path) {
    return {"GET", each.path, look_at_verification_link, credential::none, page_token_fields, 200};
  }
  return {"GET", each.path, show_page, credential::none, {}, 200};
}

constexpr auto page_routes = [] {
  std::array<route, all_pages.size() + 2> rows{};
  std::ranges::transform(all_pages, rows.begin(), route_to);
  rows[all_pages.size()] = route{"GET", asset_path, show_page, credential::none, {}, 200};
  rows.back() = route{"POST", logout_path, operation::logout, credential::whatever, return_fields, 303};
  return rows;
}();

// Logs out, for pages that can show nothing else to this user, and leads to the login page.
response leave(const exchange& about) {
  const std::string_view wanted = about.typed_as("return");
  const std::string query = wanted.empty() ? "" : "?return=" + gate::percent_encode(wanted);
  response answer = redirect(303, about.asked.mount + "login" + query);
  clear_bff_tokens(about, answer);
  answer.add_header("Clear-Site-Data", "\"cache\"");
  return answer;
}

// A dead link leads to a page that says so, not to a form that could not succeed.
response refuse_link(const exchange& about, const operation::refused& rejection) {
  const bool is_dead =
      rejection.why == operation::refusal::link_unknown || rejection.why == operation::refusal::link_expired;
  if (!is_dead) return error_page(about.asked, about.realm, rejection);
  const bool is_for_reset = about.matched.path == verify_path;
  return redirect(303, about.asked.mount + std::string(is_for_reset ? verify_path : failed_path));
}

response show_page_or_asset(const exchange& about) {
  if (about.matched.path == asset_path) return asset(about);
  const std::string_view name = std::ranges::find(all_pages, about.matched.path, &page::path)->template_name;
  if (const auto why = closed(about.realm, name)) return error_page(about.asked, about.realm, *why);
  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = common_values(about.realm, about.asked, about.asked.mount, language);
  values["api"] = about.realm.bff_mount;
  values["reasons"] = nlohmann::json::array();
  for (const auto& [reason, said] : about.realm.pages->texts("reasons", language)) {
    values["reasons"].push_back({{"reason", reason}, {"sentence", said}});
  }
  return html_with_calls(200, about.realm.pages->render(name, language, values), language);
}

// The one POST is the logout: whose session had ended already is out as well.
response encode_page_refusal(const exchange& about, const operation::refused& refused) {
  if (about.matched.method == "GET") return refuse_link(about, refused);
  const bool was_over = refused.why == operation::refusal::bad_refresh_token;
  return was_over ? leave(about) : error_page(about.asked, about.realm, refused);
}

struct page_encoder {
  const exchange& about;

  response operator()(const operation::blank&) const { return show_page_or_asset(about); }
  response operator()(const operation::signed_out&) const { return leave(about); }
  response operator()(const operation::refused& refused) const { return encode_page_refusal(about, refused); }
  template <operation::one_of<
      operation::challenge, operation::totp_offer, operation::factor_list, operation::factor_made,
      operation::recovery_codes_made, operation::passkey_options, operation::factor_changed, operation::signed_in,
      operation::profile, operation::session_list, operation::sessions_ended, operation::account_removed,
      operation::verification_sent, operation::email_verified, operation::mail_sent, operation::user_list,
      operation::password_reset, operation::temporary_password, operation::account_overview, operation::token_list,
      operation::token_made, operation::url_signed, operation::token_changed, operation::handed_over,
      operation::assurance_wanted>
                Unexpected>
  response operator()(const Unexpected&) const {
    refuse_outcome(about);
  }
};

response encode(const exchange& about, const operation::outcome& outcome) {
  return std::visit(page_encoder{about}, outcome);
}

// A POST to a page means that the browser has sent the form itself, so the script has not run.
response encode_status(const request& asked, const realm::settings& realm, int status) {
  if (status != 405 || asked.method != "POST") return error_page_of_status(asked, realm, status);
  std::string said = realm.pages->text("iam", "needs_script", language_of(realm, asked));
  return error_page_of_status(asked, realm, status, std::move(said));
}

nlohmann::json no_claims(const account::user&) { return nlohmann::json::object(); }

}  // namespace

const dialect bff_pages{
    .name = "bff-pages",
    .client = {.name = "bff",  // whose sessions they end
               .policy = session::policy::rotating,
               .access_lifetime = seconds(15 * 60),
               .refresh_lifetime = seconds(14 * 24 * 3600),
               .claims = no_claims},
    .routes = page_routes,
    .decode = decode_form,
    .find_tokens = find_bff_tokens,
    .encode = encode,
    .encode_status = encode_status,
    .sets_cookies = true,
    .pages_at = "",
};

}  // namespace gatehouse::dialect
