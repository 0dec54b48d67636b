#include "endpoint/router.h"

#include <array>
#include <optional>

#include "dialect/form_body.h"

namespace gatehouse::endpoint {

namespace {

// What stands for ":id", empty where the pattern has none; nullopt: the path is another.
std::optional<std::string_view> match_path(std::string_view pattern, std::string_view path) {
  constexpr std::string_view placeholder = ":id";
  if (!pattern.ends_with(placeholder)) return pattern == path ? std::optional(std::string_view()) : std::nullopt;
  pattern.remove_suffix(placeholder.size());
  if (!path.starts_with(pattern) || path.size() == pattern.size()) return std::nullopt;
  const std::string_view id = path.substr(pattern.size());
  return id.find('/') == std::string_view::npos ? std::optional(id) : std::nullopt;
}

}  // namespace

match find_route(const dialect::dialect& spoken, std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  match found;
  for (const dialect::route& row : spoken.routes) {
    const std::optional<std::string_view> id = match_path(row.path, path);
    if (!id) continue;
    if (row.method == method) {
      found.route = &row;
      found.id = *id;
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
