// Finds the bearer token among a request's Authorization headers (RFC 6750 §2.1).
#pragma once

#include <span>
#include <string_view>
#include <variant>

namespace gatehouse::gate {

struct no_token {};
// More than one Authorization header: which of them counts would be anybody's guess (REQUIREMENTS 20).
struct ambiguous_token {};
// The Bearer scheme without a token.
struct malformed_token {};
struct bearer_token {
  std::string_view text;  // points into the header; not empty, and nothing else is known of it
};
using found_token = std::variant<no_token, bearer_token, ambiguous_token, malformed_token>;

// Another scheme than Bearer is somebody else's business, and counts as no token.
found_token find_bearer(std::span<const std::string_view> authorization);

}  // namespace gatehouse::gate
