// The Cookie header (RFC 6265 §4.2, 5.4), read strictly where it is ours and left alone where it is not. nginx's own
// parser is not used: it ignores the case of names, so that `__HOST-gatehouse` would pass for `__Host-gatehouse`.
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace gatehouse::gate {

struct no_cookie {
  bool operator==(const no_cookie&) const = default;
};
// Two of one name: which of them is ours would be anybody's guess (REQUIREMENTS 41).
struct ambiguous_cookie {
  bool operator==(const ambiguous_cookie&) const = default;
};
using found_cookie = std::variant<no_cookie, std::string_view, ambiguous_cookie>;

// The value of the cookie of exactly this name, among all Cookie headers of a request. It points into the header.
found_cookie find_cookie(std::span<const std::string_view> headers, std::string_view name);

// The same for several names in one walk.
struct wanted_cookie {
  std::string_view name;
  found_cookie found = no_cookie{};
};
void find_cookies(std::span<const std::string_view> headers, std::span<wanted_cookie> wanted);

// A value that one cookie cannot hold: browsers drop, without a word, what is longer than 4,096 bytes with its name
// (RFC 6265bis §5.6). The first ends with a mark that no token has, the rest is in a second one, which counts only
// then.
bool fits_cookies(std::string_view name, std::string_view value);
std::string name_of_rest(std::string_view name);
// The values of both; the second is empty where one is enough. For a value that fits.
std::pair<std::string, std::string> split_value(std::string_view name, std::string_view value);
// The value of both together. It points into the header, or to `joined`.
found_cookie find_split_cookie(std::span<const std::string_view> headers, std::string_view name, std::string& joined);
// Of what was found of both.
found_cookie join_cookies(const found_cookie& first, const found_cookie& rest, std::string& joined);

// The names and values of all cookies whose names begin so.
std::vector<std::pair<std::string_view, std::string_view>> find_cookies_with(std::span<const std::string_view> headers,
                                                                             std::string_view prefix);

// Names of cookies, and beginnings of such names.
class cookie_names {
 public:
  void add(std::string_view name);
  void add_beginning(std::string_view beginning);
  bool contains(std::string_view name) const;

 private:
  void add_to(std::vector<std::string>& names, std::string_view name);

  std::vector<std::string> whole_;
  std::vector<std::string> beginnings_;
  std::bitset<256> first_letters_;  // of both: most cookies of others are told by theirs
};

// The one walk over a Cookie header in which the cookies of these names are found.
class cookie_walk {
 public:
  cookie_walk(std::string_view header, const cookie_names& names) : left_(header), names_(names) {}

  // The next of them as it is written: by itself a header of one cookie. nullopt: there are no more.
  std::optional<std::string_view> next();

 private:
  std::string_view left_;
  const cookie_names& names_;
};

// Copies a Cookie header without the cookies that a walk has found, the others byte for byte, to `into`, which has room
// for header.size() bytes.
class cookie_copy {
 public:
  cookie_copy(std::string_view header, char* into) : left_(header), begin_(into), end_(into) {}

  void leave_out(std::string_view cookie);  // in the order in which they were found
  // How many bytes that made; 0: nothing is left of it.
  std::size_t finish();

 private:
  void append(std::string_view others);

  std::string_view left_;
  char* begin_;
  char* end_;
};

}  // namespace gatehouse::gate
