#include "page/page_response.h"

#include <algorithm>

#include "gate/return_address.h"
#include "page/page_values.h"
#include "wire/foreign_request.h"
#include "wire/refusal_texts.h"

namespace gatehouse::dialect {

response redirect(int status, std::string location) {
  response answer;
  answer.status = status;
  answer.add_header("Location", std::move(location));
  return answer;
}

namespace {

response page(int status, std::string body, std::string_view language, std::string policy) {
  response answer;
  answer.status = status;
  answer.add_header("Content-Type", "text/html; charset=utf-8");
  answer.add_header("Content-Language", std::string(language));
  answer.add_header("Content-Security-Policy", std::move(policy));
  answer.add_header("Referrer-Policy", "no-referrer");
  answer.body = std::move(body);
  return answer;
}

// There is no form-action: browsers also apply it to the redirect after a form, which may lead to any address of the
// application after a login.
const std::string contents =
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; font-src 'self'; base-uri 'none'; ";
const std::string content_policy = contents + "frame-ancestors 'none'";
const std::string framed_policy = contents + "frame-ancestors 'self'";

// If-None-Match (RFC 9110, 13.1.2): a list, compared weakly.
bool has_already(std::string_view listed, std::string_view etag) {
  constexpr std::string_view weak = "W/";
  while (!listed.empty()) {
    std::string_view each = listed.substr(0, listed.find(','));
    listed.remove_prefix(std::min(each.size() + 1, listed.size()));
    while (each.starts_with(' ')) each.remove_prefix(1);
    while (each.ends_with(' ')) each.remove_suffix(1);
    if (each.starts_with(weak)) each.remove_prefix(weak.size());
    if (each == etag || each == "*") return true;
  }
  return false;
}

// An application may show its own pages in frames, so the guard's page must be visible in one as well. All of its links
// and forms lead out of the frame.
response refusal_page(const request& asked, int status, std::string body, std::string_view language) {
  return asked.framed ? html_in_frame(status, std::move(body), language) : html(status, std::move(body), language);
}

struct error_words {
  std::string title;
  std::string sentence;
  std::string retry_in;
};

response render_error(const request& asked, const realm::settings& realm, int status, error_words said,
                      nlohmann::json values = nlohmann::json::object()) {
  const std::string_view language = language_of(realm, asked);
  values.update(common_values(realm, asked, asked.mount, language));
  values["status"] = status;
  values["title"] = std::move(said.title);
  values["error"] = std::move(said.sentence);
  values["retry_in"] = std::move(said.retry_in);
  return refusal_page(asked, status, realm.pages->render("error.html", language, values), language);
}

// The text for a status, or else for all of its kind.
std::string text_of_status(const realm::settings& realm, const request& asked, std::string_view group, int status) {
  const std::string_view language = language_of(realm, asked);
  std::string text = realm.pages->text(group, std::to_string(status), language);
  return text.empty() ? realm.pages->text(group, status < 500 ? "400" : "500", language) : text;
}

}  // namespace

response html(int status, std::string body, std::string_view language) {
  return page(status, std::move(body), language, content_policy);
}

response html_in_frame(int status, std::string body, std::string_view language) {
  return page(status, std::move(body), language, framed_policy);
}

response html_with_calls(int status, std::string body, std::string_view language) {
  return page(status, std::move(body), language, content_policy + "; connect-src 'self'");
}

response asset(const exchange& about) {
  const std::string_view path = about.asked.path;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const view::asset* found = about.realm.pages->find_asset(name);
  view::asset theme;
  if (name == "theme.css") {
    const nlohmann::json values = common_values(about.realm, about.asked, about.asked.mount, "en");
    theme = view::make_asset("text/css; charset=utf-8", about.realm.pages->render(name, "en", values));
    found = &theme;
  }
  if (found == nullptr) return error_page_of_status(about.asked, about.realm, 404);

  response answer;
  answer.add_header("ETag", found->etag);
  answer.add_header("Cache-Control", "no-cache");  // restyled pages are seen at once; asking again is cheap
  answer.status = 304;
  if (has_already(about.asked.header("If-None-Match"), found->etag)) return answer;
  answer.status = 200;
  answer.add_header("Content-Type", std::string(found->content_type));
  answer.body = found->bytes;
  return answer;
}

response forbidden_page(const request& asked, const realm::settings& realm, std::string_view email,
                        std::string_view wanted) {
  const std::string_view language = language_of(realm, asked);
  nlohmann::json values = common_values(realm, asked, asked.mount, language);
  if (!email.empty()) values["user"] = {{"email", email}};
  const std::string plain = gate::plain_address(wanted);
  if (gate::is_safe_return(plain, {})) {
    values["return"] = plain;
    // Where the dialect "form" is served the logout may be its own, which reads no body.
    if (realm.handle_cookie) values["return_query"] = "?return=" + gate::percent_encode(plain);
  }
  return refusal_page(asked, 403, realm.pages->render("forbidden.html", language, values), language);
}

response error_page(const request& asked, const realm::settings& realm, const operation::refused& rejection) {
  const std::string_view language = language_of(realm, asked);
  const refusal_row& row = row_of(rejection.why);
  error_words said;
  said.title = realm.pages->text("titles", row.name, language);
  if (said.title.empty()) said.title = text_of_status(realm, asked, "titles", row.status);
  said.sentence = sentence(realm, language, rejection.why);
  said.retry_in = duration_words(*realm.pages, language, retry_after(rejection));
  const bool may_log_out = rejection.why == operation::refusal::conflicting_credentials;
  return render_error(asked, realm, row.status, std::move(said), {{"may_log_out", may_log_out}});
}

response error_page(const request& asked, const realm::settings& realm, operation::refusal why) {
  operation::refused rejection;
  rejection.why = why;
  return error_page(asked, realm, rejection);
}

response error_page_of_status(const request& asked, const realm::settings& realm, int status) {
  if (status == 403 && is_cross_site(realm, asked)) return error_page(asked, realm, operation::refusal::cross_site);
  if (status == 503) return error_page(asked, realm, operation::refusal::unavailable);
  return error_page_of_status(asked, realm, status, text_of_status(realm, asked, "statuses", status));
}

response error_page_of_status(const request& asked, const realm::settings& realm, int status, std::string said) {
  return render_error(asked, realm, status, {text_of_status(realm, asked, "titles", status), std::move(said), ""});
}

response session_ended_page(const request& asked, const realm::settings& realm) {
  const std::string_view language = language_of(realm, asked);
  error_words said;
  const bool has_sent = asked.method != "GET";
  said.title = realm.pages->text("session_ended", "title", language);
  said.sentence = realm.pages->text("session_ended", has_sent ? "body" : "frame_body", language);
  return render_error(asked, realm, 401, std::move(said), {{has_sent ? "session_ended" : "frame_ended", true}});
}

response step_up_needed_page(const request& asked, const realm::settings& realm, const gate::assurance& wants) {
  const std::string_view language = language_of(realm, asked);
  const bool has_sent = asked.method != "GET";
  error_words said;
  said.title = realm.pages->text("step_up", "title", language);
  said.sentence = realm.pages->text("step_up", has_sent ? "sent" : "part", language);
  const nlohmann::json values = {{"step_up", {{"query", wants.query()}, {"in_tab", has_sent}}}};
  return render_error(asked, realm, 401, std::move(said), values);
}

std::optional<operation::refusal> closed(const realm::settings& realm, std::string_view template_name) {
  const bool registers = template_name == "register.html" || template_name == "iam-register.html";
  const bool writes = template_name == "forgot.html" || template_name == "iam-reset.html";
  if (registers && realm.registration == realm::registration::closed) return operation::refusal::registration_closed;
  if (writes && !realm.smtp) return operation::refusal::mail_off;
  return std::nullopt;
}

}  // namespace gatehouse::dialect
