// Cross-site request forgery: does a browser say that another site's page made this request (Fetch Metadata; RFC 6454)?
#pragma once

#include <span>
#include <string_view>

namespace gatehouse::gate {

// What a browser says of where a request comes from. Empty where absent.
struct provenance {
  std::string_view fetch_site;  // Sec-Fetch-Site
  std::string_view origin;      // Origin
};

// Where the request came to.
struct destination {
  std::string_view public_url;  // the realm's origin
  std::string_view host;        // the Host header
  bool secure;                  // came over TLS
  std::span<const std::string_view> allowed_origins;
};

// A foreign Sec-Fetch-Site; where it is absent, a foreign Origin, "null" among them. Both absent is no browser of
// today: curl, an app (REQUIREMENTS 42). What comes from an allowed origin is not foreign.
bool is_foreign(const provenance& from, const destination& to);

// GET, HEAD, OPTIONS and TRACE change nothing (RFC 9110 §9.2.1).
bool is_safe_method(std::string_view method);

}  // namespace gatehouse::gate
