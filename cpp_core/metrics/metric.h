// What is counted for each realm, and under which names it is shown (docs/guides/monitoring.md). The places of the
// counters are those in shared memory: raise the layout's version (session/zone.cpp) where they change.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace gatehouse::metrics {

enum class counter : std::size_t {
  logins_succeeded,
  logins_failed,
  attempts_refused,
  refreshes_succeeded,
  refreshes_refused,
  refresh_tokens_reused,
  tokens_cached,
  tokens_verified,
  tokens_refused,
  mails_accepted,
  mails_failed,
  flows_begun,
  flows_refused,
  redis_failures,
  postgres_failures,
  count
};

// What takes time, as a histogram.
enum class timing : std::size_t { redis, postgres, password_hash, count };

inline constexpr std::size_t counters = static_cast<std::size_t>(counter::count);
inline constexpr std::size_t timings = static_cast<std::size_t>(timing::count);

// Upper bounds in microseconds; beyond the last one is a bucket of its own.
inline constexpr std::array<std::size_t, 12> bounds = {500,    1'000,   2'500,   5'000,   10'000,    25'000,
                                                       50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000};
// The buckets, and the sum in microseconds.
inline constexpr std::size_t words_of_timing = bounds.size() + 2;
inline constexpr std::size_t words = counters + timings * words_of_timing;

constexpr std::size_t place_of(counter which) { return static_cast<std::size_t>(which); }
constexpr std::size_t place_of(timing which) { return counters + static_cast<std::size_t>(which) * words_of_timing; }

}  // namespace gatehouse::metrics
