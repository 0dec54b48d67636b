#include "dialect/page_response.h"

#include "dialect/page_values.h"
#include "dialect/refusals.h"
#include "gate/return_address.h"

namespace gatehouse::dialect {

response redirect(int status, std::string location) {
  response made;
  made.status = status;
  made.add_header("Location", std::move(location));
  return made;
}

response html(int status, std::string body, std::string_view language) {
  response made;
  made.status = status;
  made.add_header("Content-Type", "text/html; charset=utf-8");
  made.add_header("Content-Language", std::string(language));
  // No form-action: browsers hold it against redirects as well, and after a login those lead to wherever the
  // application wants.
  made.add_header("Content-Security-Policy",
                  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; "
                  "base-uri 'none'; frame-ancestors 'none'");
  made.add_header("Referrer-Policy", "no-referrer");
  made.body = std::move(body);
  return made;
}

response asset(const exchange& about) {
  const std::string_view path = about.asked.path;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const view::asset* found = about.realm.pages->find_asset(name);
  view::asset theme;
  if (name == "theme.css") {
    const nlohmann::json values = common_values(about.realm, about.asked.mount, "en");
    theme = view::make_asset("text/css; charset=utf-8", about.realm.pages->render(name, "en", values));
    found = &theme;
  }
  if (found == nullptr) return error_page_of_status(about.asked, about.realm, 404);

  response made;
  made.add_header("ETag", found->etag);
  made.add_header("Cache-Control", "no-cache");  // restyled pages are seen at once; asking again is cheap
  made.status = 304;
  if (about.asked.header("If-None-Match") == found->etag) return made;
  made.status = 200;
  made.add_header("Content-Type", std::string(found->content_type));
  made.body = found->bytes;
  return made;
}

response forbidden_page(const request& asked, const realm::settings& realm, std::string_view email,
                        std::string_view wanted) {
  const std::string_view language = language_of(realm, asked);
  nlohmann::json values = common_values(realm, asked.mount, language);
  if (!email.empty()) values["user"] = {{"email", email}};
  if (gate::is_safe_return(wanted, {})) values["return"] = wanted;
  return html(403, realm.pages->render("forbidden.html", language, values), language);
}

response error_page(const request& asked, const realm::settings& realm, int status, const operation::refused& no) {
  const std::string_view language = language_of(realm, asked);
  nlohmann::json values = common_values(realm, asked.mount, language);
  values["status"] = status;
  values["title"] = realm.pages->text("titles", std::to_string(status), language);
  values["error"] = sentence(realm, language, no.why);
  values["retry_in"] = duration_words(*realm.pages, language, retry_after(no));
  return html(status, realm.pages->render("error.html", language, values), language);
}

response error_page_of_status(const request& asked, const realm::settings& realm, int status) {
  const refusal_row* row = row_of_status(status);
  if (row == nullptr) row = row_of_status(status < 500 ? 400 : 500);
  operation::refused no;
  no.why = row->why;
  return error_page(asked, realm, status, no);
}

}  // namespace gatehouse::dialect
