#include "dialect/bff_pages.h"

#include <algorithm>
#include <array>

#include "dialect/bff_tokens.h"
#include "dialect/form_body.h"
#include "dialect/page_forms.h"
#include "dialect/page_response.h"
#include "dialect/page_values.h"
#include "dialect/refusals.h"
#include "gate/return_address.h"
#include "operation/logout.h"

namespace gatehouse::dialect {

namespace {

struct page {
  std::string_view path;
  std::string_view template_name;
};

constexpr std::array all_pages{
    page{"", "iam-home.html"},
    page{"register", "iam-register.html"},
    page{"login", "iam-login.html"},
    page{"reset", "iam-reset.html"},
    page{"verify", "iam-verify.html"},
    page{"verifyemail", "iam-verifyemail.html"},
    page{"verifyfailed", "iam-verifyfailed.html"},
    page{"verifysuccessful", "iam-verifysuccessful.html"},
    page{"dashboard", "iam-dashboard.html"},
    page{"dashboard/index", "iam-dashboard.html"},
    page{"dashboard/profile", "iam-profile.html"},
    page{"dashboard/settings", "iam-settings.html"},
};

constexpr std::string_view asset_path = "assets/:id";

constexpr std::string_view logout_path = "logout";

constexpr auto routes = [] {
  std::array<route, all_pages.size() + 2> rows{};
  std::ranges::transform(all_pages, rows.begin(), [](const page& each) {
    return route{"GET", each.path, show_page, credential::none, {}, 200};
  });
  rows[all_pages.size()] = route{"GET", asset_path, show_page, credential::none, {}, 200};
  rows.back() = route{"POST", logout_path, operation::logout, credential::whatever, return_fields, 303};
  return rows;
}();

// Of the pages that offer it because they can show nothing else. Whose session had ended already is out as well.
response leave(const exchange& about) {
  const std::string_view wanted = about.typed_as("return");
  const std::string query = wanted.empty() ? "" : "?return=" + gate::percent_encode(wanted);
  response made = redirect(303, about.asked.mount + "login" + query);
  clear_bff_tokens(about, made);
  made.add_header("Clear-Site-Data", "\"cache\"");
  return made;
}

response encode(const exchange& about, const operation::outcome& outcome) {
  if (about.matched.path == logout_path) {
    const auto* no = std::get_if<operation::refused>(&outcome);
    const bool is_out = no == nullptr || no->why == operation::refusal::bad_refresh_token;
    return is_out ? leave(about) : error_page(about.asked, about.realm, *no);
  }
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

// A form that a browser has sent by itself: the script was not there to take it.
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
    .routes = routes,
    .decode = decode_form,
    .find_tokens = find_bff_tokens,
    .encode = encode,
    .encode_status = encode_status,
    .sets_cookies = true,
    .pages_at = "",
};

}  // namespace gatehouse::dialect
