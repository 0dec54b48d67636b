#include "gate/cross_site.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

bool is_same_origin(std::string_view origin, const destination& to) {
  if (origin == to.public_url) return true;
  const std::string_view scheme = to.secure ? "https://" : "http://";
  return !to.host.empty() && origin.starts_with(scheme) && equal_ignoring_case(origin.substr(scheme.size()), to.host);
}

// An operator's * is for cross-origin reading (CORS); it does not let any site act in a user's name.
bool is_allowed(std::string_view origin, const destination& to) {
  return origin != "*" && std::ranges::find(to.allowed_origins, origin) != to.allowed_origins.end();
}

}  // namespace

bool is_foreign(const provenance& from, const destination& to) {
  if (!from.origin.empty() && is_allowed(from.origin, to)) return false;
  if (!from.origin.empty() && !is_same_origin(from.origin, to)) return true;
  return !from.fetch_site.empty() && from.fetch_site != "same-origin" && from.fetch_site != "none";
}

bool is_safe_method(std::string_view method) {
  constexpr std::array<std::string_view, 4> safe{"GET", "HEAD", "OPTIONS", "TRACE"};
  return std::ranges::find(safe, method) != safe.end();
}

}  // namespace gatehouse::gate
