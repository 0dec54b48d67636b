// How often something may happen: so many times within a window of time.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace gatehouse::limit {

struct rate {
  std::uint32_t count = 0;  // 0: as often as you like
  seconds window{0};

  bool off() const { return count == 0; }
  bool operator==(const rate&) const = default;
};

// "10/15m", the time as in base/duration.h, or "off". The error says what was read and what to write.
result<rate> parse_rate(std::string_view text);

}  // namespace gatehouse::limit
