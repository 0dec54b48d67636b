#include "gate/bearer.h"

#include <strings.h>

#include <algorithm>

namespace gatehouse::gate {

namespace {

constexpr std::string_view scheme = "Bearer";

}  // namespace

found_token find_bearer(std::span<const std::string_view> authorization) {
  if (authorization.empty()) return no_token{};
  if (authorization.size() > 1) return ambiguous_token{};

  std::string_view value = authorization.front();
  if (value.size() < scheme.size() || strncasecmp(value.data(), scheme.data(), scheme.size()) != 0) return no_token{};
  value.remove_prefix(scheme.size());
  if (value.empty()) return malformed_token{};
  if (value.front() != ' ') return no_token{};  // "Bearerish …" is another scheme

  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  while (!value.empty() && value.back() == ' ') value.remove_suffix(1);
  if (value.empty()) return malformed_token{};
  return bearer_token{value};
}

}  // namespace gatehouse::gate
