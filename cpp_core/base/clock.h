// Time. Wall-clock times are Unix times in the unit of their name; deadlines use the steady clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace gatehouse {

using unix_seconds = std::int64_t;
using unix_millis = std::int64_t;
using millis = std::chrono::milliseconds;
using seconds = std::chrono::seconds;

inline unix_millis now_millis() {
  return std::chrono::duration_cast<millis>(std::chrono::system_clock::now().time_since_epoch()).count();
}
inline unix_seconds now_seconds() { return now_millis() / 1000; }

// 2026-01-31T23:59:59.123Z (ISO 8601, UTC).
std::string iso8601(unix_millis time);

using steady_time = std::chrono::steady_clock::time_point;
inline steady_time steady_now() { return std::chrono::steady_clock::now(); }

}  // namespace gatehouse
