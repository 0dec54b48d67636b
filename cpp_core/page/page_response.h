// How a page is sent: with the headers that keep it from being framed, sniffed, or lied into running a script.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

response redirect(int status, std::string location);

// Nothing in it may come from elsewhere, and nothing inline (Content Security Policy 3).
response html(int status, std::string body, std::string_view language);
// As html(), but a page of this site may show it in a frame.
response html_in_frame(int status, std::string body, std::string_view language);
// As html(), but its script may call this site (connect-src).
response html_with_calls(int status, std::string body, std::string_view language);

// A file of the pages' assets, by the last segment of the path; assets/theme.css is made of the realm's colour. 304 if
// the browser has it already.
response asset(const exchange& about);

// For who is logged in but may not see what he asked for, which is where another account of his is sent after its
// login.
response forbidden_page(const request& asked, const realm::settings& realm, std::string_view email,
                        std::string_view wanted);

// For whoever cannot be shown what he asked for, with the sentence for the refusal, and its status unless another is
// given. Who has sent the logins of two people can log out there.
response error_page(const request& asked, const realm::settings& realm, const operation::refused& rejection);
response error_page(const request& asked, const realm::settings& realm, operation::refusal why);
// For what nginx refused, for whatever reason of its own or its operator's, or another site's page has sent.
response error_page_of_status(const request& asked, const realm::settings& realm, int status);
// The same with a sentence of its own.
response error_page_of_status(const request& asked, const realm::settings& realm, int status, std::string said);
// For who has sent a form of the application after his session had ended: 401, and how to send it again. For who wanted
// to see a page inside another one: the way to the login page, out of the frame.
response session_ended_page(const request& asked, const realm::settings& realm);
// Likewise where his session lacks what the location asks for.
response step_up_needed_page(const request& asked, const realm::settings& realm, const gate::assurance& wants);

// Why a page cannot do in this realm what it is for; nullopt: it can.
std::optional<operation::refusal> closed(const realm::settings& realm, std::string_view template_name);

}  // namespace gatehouse::dialect
