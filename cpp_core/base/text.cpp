#include "base/text.h"

#include <algorithm>
#include <array>

namespace gatehouse {

namespace {

// Unicode's Space_Separator, and the tab.
constexpr std::array<std::string_view, 18> spaces{" ",      "\t",     "\u00A0", "\u1680", "\u2000", "\u2001",
                                                  "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                                  "\u2008", "\u2009", "\u200A", "\u202F", "\u205F", "\u3000"};

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

}  // namespace

// The table of RFC 3629, section 4.
std::size_t code_point_length(std::string_view text, std::size_t i) noexcept {
  const unsigned first = byte_at(text, i);
  if (first < 0x80) return 1;

  std::size_t length = 0;
  unsigned least = 0x80;  // the bounds of the second byte keep out overlong forms and surrogates
  unsigned most = 0xBF;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) least = 0xA0;
    if (first == 0xED) most = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) least = 0x90;
    if (first == 0xF4) most = 0x8F;
  }
  if (length == 0 || text.size() - i < length) return 0;

  const unsigned second = byte_at(text, i + 1);
  if (second < least || second > most) return 0;
  for (std::size_t k = 2; k < length; ++k) {
    if ((byte_at(text, i + k) & 0xC0) != 0x80) return 0;
  }
  return length;
}

std::optional<std::size_t> count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++count) {
    const std::size_t length = code_point_length(text, i);
    if (length == 0) return std::nullopt;
    i += length;
  }
  return count;
}

bool has_control_character(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const unsigned byte = byte_at(text, i);
    if (byte < 0x20 || byte == 0x7F) return true;
    if (byte == 0xC2 && i + 1 < text.size() && byte_at(text, i + 1) >= 0x80 && byte_at(text, i + 1) <= 0x9F)
      return true;
  }
  return false;
}

bool has_line_or_direction_character(std::string_view text) noexcept {
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const unsigned last = byte_at(text, i + 2);
    if (text.substr(i, 2) == "\xE2\x80" && last >= 0xA8 && last <= 0xAE) return true;
    if (text.substr(i, 2) == "\xE2\x81" && last >= 0xA6 && last <= 0xA9) return true;
    if (text.substr(i, 3) == "\xEF\xBB\xBF") return true;
  }
  return false;
}

std::string_view trim_spaces(std::string_view text) noexcept {
  const auto space_at = [&](bool end) -> std::size_t {
    for (const std::string_view space : spaces) {
      if (end ? text.ends_with(space) : text.starts_with(space)) return space.size();
    }
    return 0;
  };
  while (const std::size_t size = space_at(false)) text.remove_prefix(size);
  while (const std::size_t size = space_at(true)) text.remove_suffix(size);
  return text;
}

std::vector<std::string> split_words(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  std::vector<std::string> words;
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(spaces), text.size()));
    if (text.empty()) return words;
    words.emplace_back(text.substr(0, text.find_first_of(spaces)));
    text.remove_prefix(words.back().size());
  }
}

std::string one_line(std::string_view text) {
  std::string line;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = code_point_length(text, i);
    const std::string_view code_point = text.substr(i, length);
    if (length == 0) {
      line += "\uFFFD";
    } else if (has_control_character(code_point) || code_point == "\u2028" || code_point == "\u2029") {
      line += ' ';
    } else {
      line += code_point;
    }
    i += length == 0 ? 1 : length;
  }
  return line;
}

std::string ascii_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return ascii_lower(c); });
  return lower;
}

int compare_ignoring_case(std::string_view a, std::string_view b) noexcept {
  const std::size_t both = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < both; ++i) {
    const auto x = static_cast<unsigned char>(ascii_lower(a[i]));
    const auto y = static_cast<unsigned char>(ascii_lower(b[i]));
    if (x != y) return x < y ? -1 : 1;
  }
  if (a.size() == b.size()) return 0;
  return a.size() < b.size() ? -1 : 1;
}

}  // namespace gatehouse
