#include "view/language.h"

#include <algorithm>
#include <string>

#include "base/text.h"

namespace gatehouse::view {

namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view blanks = " \t";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

// The part of `list` before the next `separator`, which goes with it.
std::string_view take(std::string_view& list, char separator) {
  const std::string_view part = list.substr(0, list.find(separator));
  list.remove_prefix(std::min(part.size() + 1, list.size()));
  return trim(part);
}

// 0 … 1000 of "q=0.8"; 0 of what is not well formed.
int thousandths(std::string_view parameter) {
  if (parameter.size() < 3 || ascii_lower(parameter[0]) != 'q' || parameter[1] != '=') return 0;
  const std::string_view number = parameter.substr(2);
  if (number[0] == '1') return 1000;
  if (number[0] != '0' || number.size() > 5 || (number.size() > 1 && number[1] != '.')) return 0;
  int value = 0;
  for (std::size_t i = 2; i < 5; ++i) {
    const char digit = i < number.size() ? number[i] : '0';
    if (digit < '0' || digit > '9') return 0;
    value = value * 10 + (digit - '0');
  }
  return value;
}

}  // namespace

std::optional<std::string_view> choose_language(std::string_view accept_language,
                                                std::span<const std::string_view> known) {
  std::optional<std::string_view> best;
  int best_quality = 0;
  while (!accept_language.empty()) {
    std::string_view range = take(accept_language, ',');
    const std::string tag = ascii_lower(take(range, ';'));
    const int quality = range.empty() ? 1000 : thousandths(trim(range));
    if (quality <= best_quality) continue;
    for (std::string_view shorter = tag; !shorter.empty();
         shorter = shorter.substr(0, shorter.rfind('-') == std::string_view::npos ? 0 : shorter.rfind('-'))) {
      const auto found = std::ranges::find(known, shorter);
      if (found == known.end()) continue;
      best = *found;
      best_quality = quality;
      break;
    }
  }
  return best;
}

}  // namespace gatehouse::view
