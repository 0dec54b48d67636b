// How a page is sent: with the headers that keep it from being framed, sniffed, or lied into running a script.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

response redirect(int status, std::string location);

// Nothing in it may come from elsewhere, and nothing inline (Content Security Policy 3).
response html(int status, std::string body, std::string_view language);

// A file of the pages' assets, by the last segment of the path; assets/theme.css is made of the realm's colour. 304 if
// the browser has it already.
response asset(const exchange& about);

// For who is logged in but may not see what he asked for, which is where another account of his is sent after its
// login.
response forbidden_page(const request& asked, const realm::settings& realm, std::string_view email,
                        std::string_view wanted);

// For whoever cannot be shown what he asked for, with the sentence for the refusal.
response error_page(const request& asked, const realm::settings& realm, int status, const operation::refused& no);
response error_page_of_status(const request& asked, const realm::settings& realm, int status);

}  // namespace gatehouse::dialect
