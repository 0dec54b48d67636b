#include "base/duration.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <string>

#include "base/text.h"

namespace gatehouse {

namespace {

struct time_unit {
  std::string_view name;
  std::int64_t milliseconds;
};

constexpr std::int64_t second = 1000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;
constexpr std::int64_t day = 24 * hour;
constexpr std::int64_t longest = 36500 * day;

// Largest first, as they must be written.
constexpr std::array<time_unit, 8> units{{{"y", 365 * day},
                                          {"M", 30 * day},
                                          {"w", 7 * day},
                                          {"d", day},
                                          {"h", hour},
                                          {"m", minute},
                                          {"s", second},
                                          {"ms", 1}}};

error not_a(std::string_view what, std::string_view text, std::string_view advice) {
  return {fault::invalid,
          "\"" + std::string(text) + "\" is not " + std::string(what) + ": write " + std::string(advice)};
}

// Takes the digits at the start of `text` away. nullopt: there are none, or the number is beyond 64 bits.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
  return number;
}

// Takes a unit away; none at all, as for the last number, is seconds. nullopt: no unit that exists.
std::optional<std::size_t> take_unit(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find_first_of(" 0123456789"));
  const std::string_view name = word.empty() && text.empty() ? std::string_view("s") : word;
  const auto* unit = std::find_if(units.begin(), units.end(), [&](const time_unit& u) { return u.name == name; });
  if (unit == units.end()) return std::nullopt;
  text.remove_prefix(word.size());
  return static_cast<std::size_t>(unit - units.begin());
}

std::optional<std::int64_t> parse_time(std::string_view text) {
  std::int64_t total = 0;
  std::size_t next_unit = 0;
  do {
    const std::optional<std::uint64_t> number = take_number(text);
    if (!number) return std::nullopt;
    const std::optional<std::size_t> unit = take_unit(text);
    if (!unit || *unit < next_unit) return std::nullopt;
    next_unit = *unit + 1;

    const std::int64_t size = units[*unit].milliseconds;
    if (*number > static_cast<std::uint64_t>((longest - total) / size)) return std::nullopt;
    total += static_cast<std::int64_t>(*number) * size;

    const bool spaced = text.starts_with(' ');
    if (spaced) text.remove_prefix(1);
    if (spaced && text.empty()) return std::nullopt;
  } while (!text.empty());
  return total;
}

}  // namespace

result<seconds> parse_duration(std::string_view text) {
  const std::optional<std::int64_t> total = parse_time(text);
  if (!total || *total % second != 0 || text.ends_with("ms")) {
    return not_a("a time in whole seconds", text, "a number with s, m, h, d, w, M or y, such as 15m or \"1h 30m\"");
  }
  return seconds(*total / second);
}

result<millis> parse_millis(std::string_view text) {
  const std::optional<std::int64_t> total = parse_time(text);
  if (!total) return not_a("a time", text, "a number with ms, s, m, h, d, w, M or y, such as 250ms or 2s");
  return millis(*total);
}

result<std::size_t> parse_size(std::string_view text) {
  std::string_view rest = text;
  const std::optional<std::uint64_t> number = take_number(rest);
  unsigned shift = 0;
  if (equal_ignoring_case(rest, "k")) shift = 10;
  if (equal_ignoring_case(rest, "m")) shift = 20;
  if (equal_ignoring_case(rest, "g")) shift = 30;
  const bool unit_known = rest.empty() || shift != 0;
  if (!number || !unit_known || *number > (std::numeric_limits<std::size_t>::max() >> shift)) {
    return not_a("a size", text, "a number of bytes, or one with k, m or g, such as 16m");
  }
  return static_cast<std::size_t>(*number) << shift;
}

result<std::uint32_t> parse_count(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::string_view rest = text;
  const std::optional<std::uint64_t> number = take_number(rest);
  if (!number || !rest.empty() || *number < least || *number > most) {
    return not_a("a number that fits", text, "one from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<std::uint32_t>(*number);
}

}  // namespace gatehouse
