#include "gate/cookie.h"

#include <algorithm>

namespace gatehouse::gate {

namespace {

constexpr std::size_t most_cookie_bytes = 4096;  // of a cookie's name and value
// Of both, so that the Cookie header is no longer than the lines that nginx reads unless it is told otherwise (8 KB).
constexpr std::size_t most_bytes_of_both = 7168;
constexpr char mark = '~';

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

bool is_one_of(std::span<const std::string> names, std::string_view name) {
  return std::ranges::any_of(names, [name](const std::string& each) {
    if (!each.ends_with('*')) return each == name;
    return name.starts_with(std::string_view(each).substr(0, each.size() - 1));
  });
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

bool fits_cookies(std::string_view name, std::string_view value) {
  return value.size() + 2 * name_of_rest(name).size() < most_bytes_of_both;
}

std::string name_of_rest(std::string_view name) { return std::string(name) + "-2"; }

std::pair<std::string, std::string> split_value(std::string_view name, std::string_view value) {
  const std::size_t room = most_cookie_bytes - name.size();
  if (value.size() <= room) return {std::string(value), ""};
  return {std::string(value.substr(0, room - 1)) + mark, std::string(value.substr(room - 1))};
}

found_cookie find_split_cookie(std::span<const std::string_view> headers, std::string_view name, std::string& joined) {
  found_cookie first = find_cookie(headers, name);
  const auto* begin = std::get_if<std::string_view>(&first);
  if (begin == nullptr || !begin->ends_with(mark)) return first;
  const found_cookie second = find_cookie(headers, name_of_rest(name));
  const auto* end = std::get_if<std::string_view>(&second);
  if (end == nullptr) return std::holds_alternative<ambiguous_cookie>(second) ? second : first;
  joined.assign(begin->substr(0, begin->size() - 1)).append(*end);
  return std::string_view(joined);
}

std::vector<std::pair<std::string_view, std::string_view>> find_cookies_with(std::span<const std::string_view> headers,
                                                                             std::string_view prefix) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (std::string_view header : headers) {
    while (!header.empty()) {
      const piece each = next(header);
      if (each.name.starts_with(prefix)) found.emplace_back(each.name, each.value);
    }
  }
  return found;
}

bool holds_cookies(std::string_view header, std::span<const std::string> names) {
  while (!header.empty()) {
    if (is_one_of(names, next(header).name)) return true;
  }
  return false;
}

std::size_t remove_cookies(std::string_view header, std::span<const std::string> names, char* into) {
  std::size_t size = 0;
  while (!header.empty()) {
    const piece each = next(header);
    if (is_one_of(names, each.name)) continue;
    std::string_view kept = each.text;
    if (size > 0) {
      into[size++] = ';';
    } else {
      kept.remove_prefix(std::min(kept.find_first_not_of(' '), kept.size()));  // what followed a cookie that is gone
    }
    size = static_cast<std::size_t>(std::ranges::copy(kept, into + size).out - into);
  }
  return size;
}

}  // namespace gatehouse::gate
