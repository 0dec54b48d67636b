// What the workers share about one realm's feed in one Redis: a place of the zone (session/places.h). All zero: nothing
// known yet. The cursor, the run id and the lease are touched under the zone's mutex only, and the rest is written so.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace gatehouse::session {

// Steady milliseconds mean the same in every process of a machine.
inline std::int64_t steady_millis() {
  return std::chrono::duration_cast<millis>(steady_now().time_since_epoch()).count();
}

// The clock of the table.
inline std::int64_t steady_seconds() { return steady_millis() / 1000; }
// When `until` is on it, which another clock tells that says `now`.
inline std::int64_t steady_until(unix_seconds until, unix_seconds now) { return steady_seconds() + 1 + until - now; }

struct realm_state {
  std::atomic<std::uint64_t> high;  // the pair's mark, which claims the place
  std::atomic<std::uint64_t> low;
  std::atomic<std::uint64_t> realm;  // stands for the realm alone

  std::atomic<unix_seconds> floor;       // access tokens issued up to then count as expired
  std::atomic<unix_seconds> floor_told;  // the floor that the log was told of
  std::atomic<unix_seconds> latest;      // when the latest of its revocations happened, on Redis' clock
  std::atomic<unix_seconds> until;       // from then on none of its revocations matters

  std::atomic<std::int64_t> read_at;  // steady_millis() when the feed was last read to its end; 0: never

  std::atomic<std::int64_t> holder;  // pid of the worker that tails the feed; 0: nobody
  std::atomic<std::int64_t> beat;    // steady_millis() of its last sign of life

  std::atomic<std::uint64_t> cursor_time;  // the id of the last entry read: its two halves
  std::atomic<std::uint64_t> cursor_count;
  std::atomic<std::uint64_t> run_high;  // the run id of the Redis that was read, 128 bits of it
  std::atomic<std::uint64_t> run_low;

  std::atomic<std::int64_t> failing_since;  // steady_millis() since when nobody can read the feed; 0: it is read
  std::atomic<std::int64_t> failure_told;   // to the log: 1, or 0
};

inline void raise(std::atomic<unix_seconds>& bound, unix_seconds to) { bound = std::max(bound.load(), to); }

}  // namespace gatehouse::session
