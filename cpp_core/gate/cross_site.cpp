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
  const bool says_site = !from.fetch_site.empty();
  // "null" of a page that sends no referrer is no origin: a browser sends it to the page's own site as well.
  const bool says_origin = !from.origin.empty() && !(says_site && from.origin == "null");
  if (says_origin && is_allowed(from.origin, to)) return false;
  if (says_origin && !is_same_origin(from.origin, to)) return true;
  return says_site && from.fetch_site != "same-origin" && from.fetch_site != "none";
}

bool is_safe_method(std::string_view method) {
  constexpr std::array<std::string_view, 4> safe{"GET", "HEAD", "OPTIONS", "TRACE"};
  return std::ranges::find(safe, method) != safe.end();
}

}  // namespace gatehouse::gate
