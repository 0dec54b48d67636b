#include "base/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace gatehouse {

std::string iso8601(unix_millis time) {
  // Floors, so that the milliseconds are not negative before 1970.
  const unix_millis millis_part = ((time % 1000) + 1000) % 1000;
  const std::time_t whole = (time - millis_part) / 1000;
  std::tm utc{};
  gmtime_r(&whole, &utc);

  std::array<char, 64> text{};
  const std::size_t length = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%03dZ", static_cast<int>(millis_part));
  return text.data();
}

}  // namespace gatehouse
