// The one reader of JSON that somebody else wrote (RFC 8259). Bounded in every direction, and strict where parsers
// disagree, for a disagreement is how forgeries pass (REQUIREMENTS 10 and 17).
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

#include "base/result.h"

namespace gatehouse {

struct json_limits {
  std::size_t bytes = 64 * 1024;         // of the whole text
  std::size_t depth = 16;                // of objects and arrays within each other; a lone {} is 1
  std::size_t members = 1024;            // of all objects, and elements of all arrays, together
  std::size_t string_length = 8 * 1024;  // bytes of any string or member name, after unescaping
  bool allow_nul = false;                // "\u0000" in strings and names
};

// Refused beside what goes over a limit: duplicate members, invalid UTF-8 (overlong forms and surrogates among it), a
// byte order mark, anything after the value, and numbers outside a double's range (1e400). Integers that do not fit 64
// bits become doubles. The error (kind invalid) says what is wrong and, as a path like "user.roles[3]", where; never a
// value. Throws nothing.
result<nlohmann::json> read_json(std::string_view text, const json_limits& limits = {}) noexcept;

// In any string or member name, however deep.
bool has_control_character_within(const nlohmann::json& value);

}  // namespace gatehouse
