#include "gate/cross_site.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

bool is_same_origin(std::string_view origin, const destination& to) {
  if (origin == to.public_url) return true;
  // Plain HTTP may be what a front that ends TLS speaks to us, so https of the same host is at home here as well.
  constexpr std::string_view https = "https://";
  constexpr std::string_view http = "http://";
  const bool says_https = origin.starts_with(https);
  if (to.host.empty() || (!says_https && (to.secure || !origin.starts_with(http)))) return false;
  return equal_ignoring_case(origin.substr(says_https ? https.size() : http.size()), to.host);
}

// An operator's * is for cross-origin reading (CORS); it does not let any site act in a user's name.
bool is_allowed(std::string_view origin, const destination& to) {
  return origin != "*" && std::ranges::find(to.allowed_origins, origin) != to.allowed_origins.end();
}

}  // namespace

bool is_foreign(const provenance& from, const destination& to) {
  if (is_allowed(from.origin, to)) return false;
  // The browser compares the page with the address it sends to, and no script can set the header (Fetch, "forbidden
  // request-header"). We know that address only as a front before us passes it on.
  if (!from.fetch_site.empty()) return from.fetch_site != "same-origin" && from.fetch_site != "none";
  return !from.origin.empty() && !is_same_origin(from.origin, to);
}

bool is_safe_method(std::string_view method) {
  constexpr std::array<std::string_view, 4> safe{"GET", "HEAD", "OPTIONS", "TRACE"};
  return std::ranges::find(safe, method) != safe.end();
}

}  // namespace gatehouse::gate
