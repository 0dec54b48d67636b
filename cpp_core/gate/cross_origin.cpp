#include "gate/cross_origin.h"

#include <algorithm>

namespace gatehouse::gate {

namespace {

bool names(const cross_origin& asked, std::string_view word) {
  return std::ranges::find(asked.allowed_origins, word) != asked.allowed_origins.end();
}

}  // namespace

bool is_allowed_by_name(const cross_origin& asked) {
  return !asked.origin.empty() && asked.origin != "*" && names(asked, asked.origin);
}

bool is_allowed(const cross_origin& asked) {
  return is_allowed_by_name(asked) || (!asked.origin.empty() && names(asked, "*"));
}

headers reading_headers(const cross_origin& asked) {
  headers all;
  if (asked.allowed_origins.empty()) return all;
  all.emplace_back("Vary", "Origin");  // whether or not it is allowed: a cache must not mix the two
  if (!is_allowed(asked)) return all;
  all.emplace_back("Access-Control-Allow-Origin", asked.origin);
  all.emplace_back("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate");
  if (is_allowed_by_name(asked)) all.emplace_back("Access-Control-Allow-Credentials", "true");
  return all;
}

headers preflight_headers(const cross_origin& asked) {
  headers all = reading_headers(asked);
  if (!is_allowed(asked)) return all;
  all.emplace_back("Access-Control-Allow-Methods", asked.preflight_method);
  if (!asked.preflight_headers.empty()) all.emplace_back("Access-Control-Allow-Headers", asked.preflight_headers);
  all.emplace_back("Access-Control-Max-Age", "600");
  return all;
}

}  // namespace gatehouse::gate
