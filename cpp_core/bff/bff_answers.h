// What the dialect "bff" answers: successes, failures that are HTTP 200, and errors with the real status.
#pragma once

#include <optional>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Paths of routes whose answers are their own.
inline constexpr std::string_view bff_register = "authn/register";
inline constexpr std::string_view bff_login = "authn/login";
inline constexpr std::string_view bff_google_login = "authn/login-google";
inline constexpr std::string_view bff_refresh = "authn/refresh";
inline constexpr std::string_view bff_authenticated = "authn/isauthenticated";
inline constexpr std::string_view bff_profile = "authn/profile";
inline constexpr std::string_view bff_delete = "authn/delete";
inline constexpr std::string_view bff_reset = "authn/reset";
inline constexpr std::string_view bff_permission = "users/:id/permission/:name";

// An error, unless the header client-platform is one that this realm takes.
std::optional<response> refuse_platform(const request& asked, const realm::settings& realm);

response encode_bff(const exchange& about, const operation::outcome& outcome);
response encode_bff_status(const request& asked, const realm::settings& realm, int status);

}  // namespace gatehouse::dialect
