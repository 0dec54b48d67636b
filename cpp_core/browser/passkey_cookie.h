// The cookie that a passkey's challenge on the login page is bound to: a random number, until the browser is closed. It
// is no credential; without it nobody can have another browser answer what his own was asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

std::string passkey_cookie_name(const realm::settings& realm);
// nullopt: the browser has none, or several.
std::optional<std::string> passkey_browser(const request& asked, const realm::settings& realm);
// The Set-Cookie header that gives it one.
std::string set_passkey_browser(const realm::settings& realm, const std::string& browser);

}  // namespace gatehouse::dialect
