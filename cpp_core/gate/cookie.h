// The Cookie header (RFC 6265 §4.2, 5.4), read strictly where it is ours and left alone where it is not. nginx's own
// parser is not used: it ignores the case of names, so that `__HOST-gatehouse` would pass for `__Host-gatehouse`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::gate {

struct no_cookie {};
// Two of one name: which of them is ours would be anybody's guess (REQUIREMENTS 41).
struct ambiguous_cookie {};
using found_cookie = std::variant<no_cookie, std::string_view, ambiguous_cookie>;

// The value of the cookie of exactly this name, among all Cookie headers of a request. It points into the header.
found_cookie find_cookie(std::span<const std::string_view> headers, std::string_view name);

// A value that one cookie cannot hold: browsers drop, without a word, what is longer than 4,096 bytes with its name
// (RFC 6265bis §5.6). The first ends with a mark that no token has, the rest is in a second one, which counts only
// then.
bool fits_cookies(std::string_view name, std::string_view value);
std::string name_of_rest(std::string_view name);
// The values of both; the second is empty where one is enough. For a value that fits.
std::pair<std::string, std::string> split_value(std::string_view name, std::string_view value);
// The value of both together. It points into the header, or to `joined`.
found_cookie find_split_cookie(std::span<const std::string_view> headers, std::string_view name, std::string& joined);

// The names and values of all cookies whose names begin so.
std::vector<std::pair<std::string_view, std::string_view>> find_cookies_with(std::span<const std::string_view> headers,
                                                                             std::string_view prefix);

// Is there a cookie of one of these names? One that ends with a star stands for all that begin like it.
bool holds_cookies(std::string_view header, std::span<const std::string> names);
// Copies a Cookie header without the cookies of these names, the others byte for byte, to `into`, which has room for
// header.size() bytes. How many bytes that made; 0: nothing is left of it.
std::size_t remove_cookies(std::string_view header, std::span<const std::string> names, char* into);

}  // namespace gatehouse::gate
