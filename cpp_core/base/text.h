// Questions about text: UTF-8 (RFC 3629), letter case, control characters. Case is ASCII's only: every other byte is
// itself, so nothing here depends on a locale or on a version of Unicode.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse {

// How many code points; nullopt: not UTF-8 (overlong forms, surrogates and what is above U+10FFFF are not).
// A letter with a combining mark is two, an emoji of several parts as many.
std::optional<std::size_t> count_code_points(std::string_view text) noexcept;

inline bool is_utf8(std::string_view text) noexcept { return count_code_points(text).has_value(); }

// The length in bytes of the code point that starts at `at`; 0: none does, the byte there is not UTF-8.
std::size_t code_point_length(std::string_view text, std::size_t at) noexcept;

// Any of U+0000–U+001F, U+007F or, in UTF-8, U+0080–U+009F.
bool has_control_character(std::string_view text) noexcept;

// Any of U+2028–U+202E, U+2066–U+2069 or U+FEFF: they end a line, or turn around or hide what is beside them, so that a
// name could look like another. Not the joiners U+200C and U+200D, which names in some scripts need.
bool has_line_or_direction_character(std::string_view text) noexcept;

// Without the spaces at both ends: space, tab, and Unicode's own, such as U+00A0, which keyboards add.
std::string_view trim_spaces(std::string_view text) noexcept;

// What stands between spaces, tabs and ends of lines.
std::vector<std::string> split_words(std::string_view text);

// For where one line must stay one: control characters and the separators U+2028 and U+2029 become spaces, bytes that
// are not UTF-8 become U+FFFD each.
std::string one_line(std::string_view text);

constexpr char ascii_lower(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
std::string ascii_lower(std::string_view text);

// Below, equal or above 0 as `a` sorts before, with or after `b` once both are in lower case. Copies nothing.
int compare_ignoring_case(std::string_view a, std::string_view b) noexcept;

inline bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && compare_ignoring_case(a, b) == 0;
}

}  // namespace gatehouse
