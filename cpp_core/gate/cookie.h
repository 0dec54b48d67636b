// The Cookie header (RFC 6265 §4.2, 5.4), read strictly where it is ours and left alone where it is not. nginx's own
// parser is not used: it ignores the case of names, so that `__HOST-gatehouse` would pass for `__Host-gatehouse`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::gate {

struct no_cookie {};
// Two of one name: which of them is ours would be anybody's guess (REQUIREMENTS 41).
struct ambiguous_cookie {};
using found_cookie = std::variant<no_cookie, std::string_view, ambiguous_cookie>;

// The value of the cookie of exactly this name, among all Cookie headers of a request. It points into the header.
found_cookie find_cookie(std::span<const std::string_view> headers, std::string_view name);

// Is there a cookie of one of these names?
bool holds_cookies(std::string_view header, std::span<const std::string> names);
// Copies a Cookie header without the cookies of these names, the others byte for byte, to `into`, which has room for
// header.size() bytes. How many bytes that made; 0: nothing is left of it.
std::size_t remove_cookies(std::string_view header, std::span<const std::string> names, char* into);

}  // namespace gatehouse::gate
