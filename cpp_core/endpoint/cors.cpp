#include "endpoint/cors.h"

#include "gate/cross_origin.h"

namespace gatehouse::endpoint {

namespace {

using dialect::request;

enum class allowance { none, any, by_name };

allowance allowance_of(const request& asked) {
  const std::vector<std::string_view> origins(asked.allowed_origins.begin(), asked.allowed_origins.end());
  const gate::cross_origin from{asked.header("Origin"), {}, {}, origins};
  if (gate::is_allowed_by_name(from)) return allowance::by_name;
  return gate::is_allowed(from) ? allowance::any : allowance::none;
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
  if (allowance_of(asked) != allowance::none) {
    answer.add_header("Access-Control-Allow-Methods", methods);
    answer.add_header("Access-Control-Allow-Headers", std::string(spoken.request_headers));
    answer.add_header("Access-Control-Max-Age", "600");
  }
  return answer;
}

void add_cors_headers(const request& asked, const dialect::dialect& spoken, dialect::response& answer) {
  if (asked.allowed_origins.empty()) return;
  answer.add_header("Vary", "Origin");  // whether or not it is allowed: a cache must not mix the two
  const allowance allowed = allowance_of(asked);
  if (allowed == allowance::none) return;
  answer.add_header("Access-Control-Allow-Origin", std::string(asked.header("Origin")));
  answer.add_header("Access-Control-Expose-Headers", std::string(spoken.response_headers));
  const bool with_cookies = spoken.sets_cookies && allowed == allowance::by_name;
  if (with_cookies) answer.add_header("Access-Control-Allow-Credentials", "true");
}

}  // namespace gatehouse::endpoint
