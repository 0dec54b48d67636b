#include "endpoint/router.h"

#include <algorithm>
#include <array>
#include <optional>

#include "body/form_body.h"

namespace gatehouse::endpoint {

namespace {

// Takes the first segment off the path, with the slash behind it.
std::string_view take_segment(std::string_view& path) {
  const std::string_view segment = path.substr(0, path.find('/'));
  path.remove_prefix(std::min(segment.size() + 1, path.size()));
  return segment;
}

// What stands for ":id" and ":user", empty where the pattern has none.
struct named_segments {
  std::string_view id, user;
};

// Matches a path against a pattern; nullopt: it does not match.
std::optional<named_segments> match_path(std::string_view pattern, std::string_view path) {
  if (pattern.ends_with('/') != path.ends_with('/')) return std::nullopt;
  named_segments found;
  while (!pattern.empty() || !path.empty()) {
    const std::string_view wanted = take_segment(pattern);
    const std::string_view segment = take_segment(path);
    const bool is_placeholder = wanted.starts_with(':');
    if (is_placeholder ? segment.empty() : segment != wanted) return std::nullopt;
    if (wanted == ":id") found.id = segment;
    if (wanted == ":user") found.user = segment;
  }
  return found;
}

}  // namespace

// A path of slashes alone is no route.
std::string_view without_trailing_slash(std::string_view path) {
  const bool has_one = path.size() > 1 && path.ends_with('/');
  return has_one ? path.substr(0, path.size() - 1) : path;
}

match find_route(const dialect::dialect& spoken, std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  match found;
  for (const dialect::route& row : spoken.routes) {
    const std::optional<named_segments> named = match_path(row.path, path);
    if (!named) continue;
    if (row.method == method) {
      found.route = &row;
      found.id = named->id;
      found.user = named->user;
    }
    found.allowed.append(found.allowed.empty() ? "" : ", ").append(row.method);
    if (row.method == "GET") found.allowed.append(", HEAD");
  }
  if (!found.allowed.empty()) found.allowed.append(", OPTIONS");
  return found;
}

const dialect::dialect& choose_side(const dialect::dialect& spoken, bool with_pages, std::string_view method,
                                    std::string_view path, std::string_view content_type) {
  if (spoken.pages == nullptr || !with_pages) return spoken;
  const bool for_browsers = method == "GET" || method == "HEAD" || dialect::is_urlencoded(content_type);
  return for_browsers && find_route(*spoken.pages, method, path).route != nullptr ? *spoken.pages : spoken;
}

std::string allowed_methods(const dialect::dialect& spoken, bool with_pages, std::string_view path) {
  constexpr std::array<std::string_view, 6> methods{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
  std::string allowed;
  for (const std::string_view each : methods) {
    const bool on_pages = with_pages && spoken.pages != nullptr && find_route(*spoken.pages, each, path).route;
    if (!on_pages && find_route(spoken, each, path).route == nullptr) continue;
    allowed.append(allowed.empty() ? "" : ", ").append(each);
  }
  return allowed.empty() ? allowed : allowed + ", OPTIONS";
}

bool reads_body(const dialect::dialect& spoken, std::string_view method, std::string_view path) {
  const bool is_get = method == "GET" || method == "HEAD";
  const dialect::route* route = find_route(spoken, method, path).route;
  if (route != nullptr && !route->fields.empty() && (!is_get || route->query_or_body)) return true;
  return spoken.pages != nullptr && reads_body(*spoken.pages, method, path);
}

}  // namespace gatehouse::endpoint
