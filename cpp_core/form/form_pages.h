// What a browser gets from the dialect "form": the pages' own templates, and redirects back to where it came from.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Where they are, after the mount.
inline constexpr std::string_view form_pages_at = "auth/";

// By its Accept header: whether a page is wanted at all.
bool wants_page(const request& asked);

// The names of the routes that more than one function must know.
inline constexpr std::string_view form_logout = "auth/logout";
inline constexpr std::string_view form_forgot = "auth/forgot-password";
inline constexpr std::string_view form_reset = "auth/reset-password";
inline constexpr std::string_view form_verify = "auth/verify";

// The page of the route, or an asset. `trouble`: the form again, with what is wrong; null: as it is at first.
// `logged_in_as`: the e-mail of who is logged in, whom the page of the login tells so; empty: nobody is.
response form_page(const exchange& about, const operation::refused* trouble, const std::string& logged_in_as = {});
// For who has no form to be shown again.
response form_error_page(const request& asked, const realm::settings& realm, const operation::refused& rejection);
response form_error_page_of_status(const request& asked, const realm::settings& realm, int status);

// What follows a success that logs nobody in or out: another page, or the login with a notice on it.
response form_page_after_mail(const exchange& about);
response form_page_after_verification(const exchange& about);
response form_page_after_reset(const exchange& about);

// Back to where it came from, which must be on this site (REQUIREMENTS 44): what the form says, else the page that had
// the form on it, else "/".
response back(const exchange& about);

}  // namespace gatehouse::dialect
