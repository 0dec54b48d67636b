#include "limit/rate.h"

#include <string>

#include "base/duration.h"

namespace gatehouse::limit {

result<rate> parse_rate(std::string_view text) {
  constexpr std::uint32_t most = 1'000'000;
  if (text == "off") return rate{};

  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    const result<std::uint32_t> count = parse_count(text.substr(0, slash), 1, most);
    const result<seconds> window = parse_duration(text.substr(slash + 1));
    if (count && window && window->count() > 0) return rate{*count, *window};
  }
  return error{fault::invalid, "\"" + std::string(text) +
                                   "\" is not a limit: write how often in which time, such as 10/15m, from 1 to " +
                                   std::to_string(most) + " times, or off"};
}

}  // namespace gatehouse::limit
