#include "gate/cookie.h"

#include <algorithm>

namespace gatehouse::gate {

namespace {

// One piece between semicolons.
struct piece {
  std::string_view text;   // with the spaces around it
  std::string_view name;   // without them
  std::string_view value;  // likewise
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes the next piece off the front of `header`.
piece next(std::string_view& header) {
  piece found;
  found.text = header.substr(0, header.find(';'));
  header.remove_prefix(std::min(found.text.size() + 1, header.size()));
  const std::size_t equals = found.text.find('=');
  found.name = trimmed(found.text.substr(0, equals));
  if (equals != std::string_view::npos) found.value = trimmed(found.text.substr(equals + 1));
  return found;
}

}  // namespace

found_cookie find_cookie(std::span<const std::string_view> headers, std::string_view name) {
  found_cookie found = no_cookie{};
  for (std::string_view header : headers) {
    while (!header.empty()) {
      const piece each = next(header);
      if (each.name != name) continue;
      if (!std::holds_alternative<no_cookie>(found)) return ambiguous_cookie{};
      found = each.value;
    }
  }
  return found;
}

bool holds_cookies(std::string_view header, std::span<const std::string> names) {
  while (!header.empty()) {
    if (std::ranges::find(names, next(header).name) != names.end()) return true;
  }
  return false;
}

std::size_t remove_cookies(std::string_view header, std::span<const std::string> names, char* into) {
  std::size_t made = 0;
  while (!header.empty()) {
    const piece each = next(header);
    if (std::ranges::find(names, each.name) != names.end()) continue;
    std::string_view kept = each.text;
    if (made > 0) {
      into[made++] = ';';
    } else {
      kept.remove_prefix(std::min(kept.find_first_not_of(' '), kept.size()));  // what followed a cookie that is gone
    }
    made = static_cast<std::size_t>(std::ranges::copy(kept, into + made).out - into);
  }
  return made;
}

}  // namespace gatehouse::gate
