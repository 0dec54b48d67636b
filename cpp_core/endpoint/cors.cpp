#include "endpoint/cors.h"

#include <algorithm>

namespace gatehouse::endpoint {

namespace {

using dialect::request;

bool is_allowed_by(const request& asked, std::string_view word) {
  return std::ranges::find(asked.allowed_origins, word) != asked.allowed_origins.end();
}

bool is_allowed_by_name(const request& asked) {
  const std::string_view origin = asked.header("Origin");
  return !origin.empty() && origin != "*" && is_allowed_by(asked, origin);
}

bool is_allowed(const request& asked) {
  return is_allowed_by_name(asked) || (!asked.header("Origin").empty() && is_allowed_by(asked, "*"));
}

}  // namespace

bool is_preflight(const request& asked) {
  return asked.method == "OPTIONS" && !asked.header("Origin").empty() &&
         !asked.header("Access-Control-Request-Method").empty();
}

dialect::response answer_preflight(const request& asked, const dialect::dialect& spoken, const std::string& methods) {
  dialect::response answer;
  answer.status = 204;
  add_cors_headers(asked, spoken, answer);
  if (is_allowed(asked)) {
    answer.add_header("Access-Control-Allow-Methods", methods);
    answer.add_header("Access-Control-Allow-Headers", std::string(spoken.request_headers));
    answer.add_header("Access-Control-Max-Age", "600");
  }
  return answer;
}

void add_cors_headers(const request& asked, const dialect::dialect& spoken, dialect::response& answer) {
  if (asked.allowed_origins.empty()) return;
  answer.add_header("Vary", "Origin");  // whether or not it is allowed: a cache must not mix the two
  if (!is_allowed(asked)) return;
  answer.add_header("Access-Control-Allow-Origin", std::string(asked.header("Origin")));
  answer.add_header("Access-Control-Expose-Headers", std::string(spoken.response_headers));
  const bool with_cookies = spoken.sets_cookies && is_allowed_by_name(asked);
  if (with_cookies) answer.add_header("Access-Control-Allow-Credentials", "true");
}

}  // namespace gatehouse::endpoint
