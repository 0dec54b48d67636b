#include "form/form_pages.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "body/form_body.h"
#include "gate/return_address.h"
#include "page/page_forms.h"
#include "page/page_response.h"
#include "page/page_values.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

namespace {

struct page {
  std::string_view path;  // of the routes
  std::string_view template_name;
};

constexpr std::array pages_of_form{
    page{"auth/login", "login.html"}, page{"auth/signup", "register.html"}, page{form_forgot, "forgot.html"},
    page{form_logout, "logout.html"}, page{form_reset, "reset.html"},       page{form_verify, "verify.html"},
};

std::string_view template_of(const route& matched) {
  const auto found = std::ranges::find(pages_of_form, matched.path, &page::path);
  return found != pages_of_form.end() ? found->template_name : std::string_view();
}

std::string place_of(const request& asked) { return asked.mount + std::string(form_pages_at); }

nlohmann::json values_of(const realm::settings& realm, const request& asked, std::string_view language) {
  const std::string at = place_of(asked);
  nlohmann::json values = common_values(realm, asked, at, language);
  values["at"] = {{"register", at + "signup"}, {"forgot", at + "forgot-password"}, {"reset", at + "reset-password"}};
  return values;
}

// The path of the page that led here, from Referer, if it is on this site and no page of this dialect; else empty.
std::string_view referring_page(const exchange& about) {
  std::string_view address = about.asked.header("Referer");
  if (!address.starts_with(about.realm.public_url)) return {};
  address.remove_prefix(about.realm.public_url.size());
  if (address.starts_with(place_of(about.asked)) || !gate::is_safe_return(address, {})) return {};
  return address;
}

// The form's field "return"; a logout ignores its body, so there it is in the query.
std::string wanted_return(const exchange& about) {
  if (about.matched.path != form_logout) return std::string(about.typed_as("return"));
  constexpr route by_query{"GET", form_logout, nullptr, credential::none, return_fields, 303};
  return decode_query(by_query, about.asked.query).in.return_address.value_or("");
}

std::string safe_return(const exchange& about) {
  const std::vector<std::string_view> allowed(about.realm.return_urls.begin(), about.realm.return_urls.end());
  std::string wanted = wanted_return(about);
  return !wanted.empty() && gate::is_safe_return(wanted, allowed) ? wanted : std::string(referring_page(about));
}

// The link's secret: in the query when the mail's link is opened, in the body when its form is sent.
std::string link_token_of(const exchange& about) {
  const bool by_query = !about.asked.query.empty() && about.matched.method == "GET";
  const std::string_view sent = by_query ? std::string_view(about.asked.query) : about.asked.body.reveal();
  const decoded again = decode_form(about.matched, "", sent);
  return again.in.link_token ? std::string(again.in.link_token->reveal()) : "";
}

std::string back_address(const exchange& about) {
  std::string wanted = safe_return(about);
  return wanted.empty() ? "/" : wanted;
}

nlohmann::json plain_values(const exchange& about) {
  return values_of(about.realm, about.asked, language_of(about.realm, about.asked));
}

// The login page says there what has been done.
response to_login(const exchange& about, std::string_view notice) {
  return redirect(303, place_of(about.asked) + "login?done=" + std::string(notice));
}

response show(const exchange& about, std::string_view template_name, int status, nlohmann::json values) {
  const std::string language = values["lang"];
  return html(status, about.realm.pages->render(template_name, language, values), language);
}

// A copy whose mount is where the pages are, because the shared pages make their links from the mount.
request as_page(const request& asked) {
  request moved = asked;
  moved.mount = place_of(asked);
  return moved;
}

}  // namespace

bool wants_page(const request& asked) {
  std::string_view accept = asked.header("Accept");
  while (!accept.empty()) {
    std::string_view range = accept.substr(0, accept.find(','));
    accept.remove_prefix(std::min(range.size() + 1, accept.size()));
    range = range.substr(0, range.find(';'));
    while (range.starts_with(' ')) range.remove_prefix(1);
    while (range.ends_with(' ')) range.remove_suffix(1);
    if (equal_ignoring_case(range, "text/html")) return true;
  }
  return false;
}

response form_page(const exchange& about, const operation::refused* trouble, const std::string& logged_in_as) {
  if (about.matched.path == "auth/assets/:id") {
    const request moved = as_page(about.asked);
    return asset({about.matched, about.realm, moved, {}});
  }
  const std::string_view name = template_of(about.matched);
  if (const auto why = closed(about.realm, name)) {
    return error_page(as_page(about.asked), about.realm, *why);
  }
  if (name.empty() && trouble != nullptr) return form_error_page(about.asked, about.realm, *trouble);
  const bool dead_link = trouble != nullptr && (trouble->why == operation::refusal::link_unknown ||
                                                trouble->why == operation::refusal::link_expired);

  const bool by_link = about.matched.path == form_reset || about.matched.path == form_verify;
  const int status = trouble != nullptr ? row_of(trouble->why).status : 200;
  // As long as nobody can tell whether the link is good, its form is not shown.
  const bool untold = by_link && about.matched.method == "GET" && (status == 429 || status == 503);
  if (untold) return form_error_page(about.asked, about.realm, *trouble);

  const std::string_view language = language_of(about.realm, about.asked);
  nlohmann::json values = values_of(about.realm, about.asked, language);
  exchange shown = about;
  if (about.typed_as("return").empty()) shown.typed.emplace_back("return", referring_page(about));
  add_form(values, shown, language, trouble);
  values["notice"] = notice_of(about, language);
  if (!logged_in_as.empty()) {
    values["user"] = {{"email", logged_in_as}};
    values["destination"] = back_address(about);
  }
  if (dead_link) {
    values["for_reset"] = about.matched.path == form_reset;
    return show(about, "link-failed.html", status, std::move(values));
  }
  if (by_link) values["form"]["token"]["value"] = link_token_of(about);
  return show(about, name, status, std::move(values));
}

response form_page_after_mail(const exchange& about) {
  if (about.matched.path != form_forgot) return to_login(about, "verification_sent");
  return show(about, "forgot-sent.html", 200, plain_values(about));
}

response form_page_after_verification(const exchange& about) {
  return show(about, "verified.html", 200, plain_values(about));
}

response form_page_after_reset(const exchange& about) { return to_login(about, "password_reset"); }

response form_error_page(const request& asked, const realm::settings& realm, const operation::refused& rejection) {
  return error_page(as_page(asked), realm, rejection);
}

response form_error_page_of_status(const request& asked, const realm::settings& realm, int status) {
  return error_page_of_status(as_page(asked), realm, status);
}

response back(const exchange& about) { return redirect(303, back_address(about)); }

}  // namespace gatehouse::dialect
