// The signed double-submit token of `csrf` (OWASP, "Cross-Site Request Forgery Prevention"): whoever sends it must have
// read it from us, and whoever plants a cookie cannot sign it. The signature is an HMAC under the realm's refresh keys,
// over a text that no JWT could be and that names the realm.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <variant>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

inline constexpr std::array<std::string_view, 1> csrf_cookies{"double-csrf-secret"};

// 64 random bytes in hexadecimal.
std::string new_csrf_token();

// The value of the Set-Cookie header that keeps `token` in the browser.
std::string set_csrf_cookie(const realm::settings& realm, std::string_view token);
// The one that has the browser forget it.
std::string clear_csrf_cookie(const realm::settings& realm);

struct no_csrf_cookie {};
struct forged_csrf_cookie {};  // or two of them, or one that the realm's keys do not verify any more
using found_csrf_cookie = std::variant<no_csrf_cookie, std::string, forged_csrf_cookie>;

// The token in the request's cookie, if we have signed it.
found_csrf_cookie find_csrf_cookie(const request& asked, const realm::settings& realm);

}  // namespace gatehouse::dialect
