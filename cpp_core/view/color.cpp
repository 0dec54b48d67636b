#include "view/color.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace gatehouse::view {

namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

double linear(std::string_view two_digits) {
  unsigned value = 0;
  std::from_chars(two_digits.data(), two_digits.data() + two_digits.size(), value, 16);
  const double share = value / 255.0;
  return share <= 0.04045 ? share / 12.92 : std::pow((share + 0.055) / 1.055, 2.4);
}

}  // namespace

bool is_color(std::string_view text) {
  return text.size() == 7 && text.front() == '#' && std::ranges::all_of(text.substr(1), is_hex);
}

std::string_view text_color_on(std::string_view color) {
  const double luminance =
      0.2126 * linear(color.substr(1, 2)) + 0.7152 * linear(color.substr(3, 2)) + 0.0722 * linear(color.substr(5, 2));
  const double with_white = 1.05 / (luminance + 0.05);
  const double with_black = (luminance + 0.05) / 0.05;
  return with_white >= with_black ? "#ffffff" : "#000000";
}

}  // namespace gatehouse::view
