// Times, sizes and counts as the words of a directive write them, in nginx's own syntax. An error is of kind invalid
// and says what was read and what to write; the caller puts the directive's name before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace gatehouse {

// "15m", "1h 30m", "30d", "10": numbers with y M w d h m s, largest unit first and each once; without a unit, seconds,
// and that comes last. M is 30 days, y is 365. From 0 to 100 years.
result<seconds> parse_duration(std::string_view text);

// The same and "ms": "250ms", "1s 500ms". Without a unit, still seconds.
result<millis> parse_millis(std::string_view text);

// "512", "64k", "16m", "1g", the unit in either case: bytes.
result<std::size_t> parse_size(std::string_view text);

// Decimal digits and nothing else, from `least` to `most`.
result<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most);

}  // namespace gatehouse
