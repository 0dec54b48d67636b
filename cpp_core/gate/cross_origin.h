// Pages of other origins that the operator allows to call what is guarded (Fetch, "CORS protocol").
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::gate {

// What a browser says of such a request. Empty where absent.
struct cross_origin {
  std::string_view origin;             // Origin
  std::string_view preflight_method;   // Access-Control-Request-Method
  std::string_view preflight_headers;  // Access-Control-Request-Headers
  std::span<const std::string_view> allowed_origins;
};

using headers = std::vector<std::pair<std::string, std::string>>;

bool is_allowed_by_name(const cross_origin& asked);
// By its name, or as any origin is where the operator has written "*".
bool is_allowed(const cross_origin& asked);

// By which the page may read a refusal of the guard; with its cookies only where it is allowed by its name.
headers reading_headers(const cross_origin& asked);
// By which it may send what it asks to send: what a method or a header means, only the application knows.
headers preflight_headers(const cross_origin& asked);

}  // namespace gatehouse::gate
