#include "endpoint/cors.h"

#include <algorithm>

namespace gatehouse::endpoint {

namespace {

using dialect::request;

bool is_allowed(const request& asked) {
  const std::string_view origin = asked.header("Origin");
  return !origin.empty() && std::ranges::any_of(asked.allowed_origins, [origin](const std::string& allowed) {
    return allowed == "*" || allowed == origin;
  });
}

}  // namespace

bool is_preflight(const request& asked) {
  return asked.method == "OPTIONS" && !asked.header("Origin").empty() &&
         !asked.header("Access-Control-Request-Method").empty();
}

dialect::response answer_preflight(const request& asked, const std::string& methods) {
  dialect::response answer;
  answer.status = 204;
  add_cors_headers(asked, answer);
  if (is_allowed(asked)) {
    answer.add_header("Access-Control-Allow-Methods", methods);
    answer.add_header("Access-Control-Allow-Headers", "Authorization, Content-Type");
    answer.add_header("Access-Control-Max-Age", "600");
  }
  return answer;
}

void add_cors_headers(const request& asked, dialect::response& answer) {
  if (asked.allowed_origins.empty()) return;
  answer.add_header("Vary", "Origin");  // whether or not it is allowed: a cache must not mix the two
  if (!is_allowed(asked)) return;
  answer.add_header("Access-Control-Allow-Origin", std::string(asked.header("Origin")));
  answer.add_header("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate");
}

}  // namespace gatehouse::endpoint
