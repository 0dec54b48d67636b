#include "gate/path_readings.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace gatehouse::gate {

namespace {

constexpr std::size_t most_drafts = 128;
constexpr std::size_t most_draft_bytes = 400'000;  // of all drafts: a long path may have fewer
constexpr int most_decodings = 2;

// On the way to a reading.
struct draft {
  std::string path;
  int decodings;
  bool resolved;  // its dots: before the decoding is enough for some, who then take "/a/../b" for what is below "/a"
  bool operator==(const draft&) const = default;
};

constexpr std::array<bool, 256> may_be_reread = [] {
  std::array<bool, 256> table{};
  for (const char c : {'/', '%', '\\', ';'}) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// A "%" that two digits do not follow stays.
std::string decoded(std::string_view path) {
  std::string plain;
  for (std::size_t i = 0; i < path.size(); ++i) {
    const bool is_escape =
        path[i] == '%' && i + 2 < path.size() && hex_digit(path[i + 1]) >= 0 && hex_digit(path[i + 2]) >= 0;
    plain += is_escape ? static_cast<char>(hex_digit(path[i + 1]) * 16 + hex_digit(path[i + 2])) : path[i];
    if (is_escape) i += 2;
  }
  return plain;
}

std::string with_slashes(std::string path) {
  std::ranges::replace(path, '\\', '/');
  return path;
}

// "/a;x=1/b;y" is "/a/b" to servlets.
std::string without_parameters(std::string_view path) {
  std::string left;
  bool in_parameters = false;
  for (const char c : path) {
    in_parameters = c != '/' && (in_parameters || c == ';');
    if (!in_parameters) left += c;
  }
  return left;
}

std::string with_merged_slashes(std::string_view path) {
  std::string merged;
  for (const char c : path) {
    if (c != '/' || merged.empty() || merged.back() != '/') merged += c;
  }
  return merged;
}

// RFC 3986 §5.2.4: nothing is above the root.
std::string without_dots(std::string_view path) {
  std::string resolved;
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/', 1));  // with the slash before it
    path.remove_prefix(segment.size());
    const bool is_parent = segment == "/..";
    if (!is_parent && segment != "/.") {
      resolved += segment;
      continue;
    }
    if (is_parent) resolved.resize(std::min(resolved.rfind('/'), resolved.size()));
    if (is_parent && resolved.find('/') == std::string::npos) resolved.clear();
    if (path.empty()) resolved += '/';
  }
  return resolved;
}

template <class Item>
void add_new(std::vector<Item>& to, Item item) {
  if (std::ranges::find(to, item) == to.end()) to.push_back(std::move(item));
}

}  // namespace

bool is_ambiguous_path(std::string_view raw) {
  for (const char* at = raw.begin(); at != raw.end(); ++at) {
    if (!may_be_reread[static_cast<unsigned char>(*at)]) continue;
    const bool is_harmless = *at == '/' && (at + 1 == raw.end() || (at[1] != '/' && at[1] != '.'));
    if (!is_harmless) return true;
  }
  return false;
}

std::optional<std::vector<std::string>> path_readings(std::string_view raw) {
  std::vector<std::string> readings;
  if (!raw.starts_with('/')) return readings;
  std::vector<draft> drafts{{std::string(raw), 0, false}};
  for (std::size_t i = 0; i < drafts.size(); ++i) {
    if (drafts.size() > most_drafts || drafts.size() * raw.size() > most_draft_bytes) return std::nullopt;
    const draft each = drafts[i];
    std::string plain = decoded(each.path);
    const bool is_plain = plain == each.path;
    // Nobody leaves every escape and every dot as it is.
    if ((each.decodings > 0 || is_plain) && each.resolved) add_new(readings, each.path);
    if (!is_plain && each.decodings < most_decodings) {
      add_new(drafts, {std::move(plain), each.decodings + 1, each.resolved});
    }
    for (std::string& other :
         std::array{with_slashes(each.path), without_parameters(each.path), with_merged_slashes(each.path)}) {
      add_new(drafts, {std::move(other), each.decodings, each.resolved});
    }
    add_new(drafts, {without_dots(each.path), each.decodings, true});
  }
  return readings;
}

}  // namespace gatehouse::gate
