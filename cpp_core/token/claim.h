// Single claims of a verified payload, of the type and range that we demand.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/clock.h"

namespace gatehouse::token {

inline constexpr unix_seconds latest_time = 253402300799;  // the last second of the year 9999

// nullopt unless the claim is a whole number from 0 to `most`: no sign, fraction or exponent (REQUIREMENTS 14).
std::optional<std::int64_t> whole_number(const nlohmann::json& claims, const char* name, std::int64_t most);

// Null unless the claim is a string with something in it. Points into `claims`.
const std::string* text_claim(const nlohmann::json& claims, const char* name);

// In any string or member name, however deep.
bool has_control_character(const nlohmann::json& value);

}  // namespace gatehouse::token
