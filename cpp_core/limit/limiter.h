// Attempts, counted in Redis before the work they ask for, so that parallel ones cannot slip past the limit on whatever
// worker or node they run. A bucket is a counter of a fixed window, which begins at the first attempt and ends by
// itself: nothing prolongs it, not even more attempts (REQUIREMENTS 51: nobody is locked out for good).
//
// Keys are gatehouse:{realm}:limit:<what>:<hash>, in the slot of the realm's sessions. What an attempt is counted by,
// an e-mail or an address, stands in them only as a hash.
//
// Every call fails with fault::unavailable while Redis is down or hung, within the connection's deadline.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "limit/rate.h"
#include "redis/connection.h"

namespace gatehouse::limit {

struct bucket {
  std::string key;
  rate allowed;
  // A key; while it is remember()ed this bucket counts, but stops nobody. Empty: none.
  std::string exempt_if;
};

// What an attempt was counted in, to give it back.
struct receipt {
  std::vector<std::string> keys;
  std::vector<std::string> windows;  // which window of each
};

struct verdict {
  bool admitted = true;
  // Of the bucket that leaves the least; without one that could stop the attempt, limit is 0 and the key empty.
  std::string tightest;         // its key
  std::uint32_t limit = 0;      // what it allows in a window
  std::uint32_t remaining = 0;  // after this attempt
  seconds reset{0};             // until its window ends, at least 1; if refused, until another attempt may be made
  receipt counted;              // empty if refused
};

class limiter {
 public:
  // The connection outlives the limiter and its calls.
  limiter(redis::connection& on, std::string_view realm);
  limiter(const limiter&) = delete;
  limiter& operator=(const limiter&) = delete;

  // `what`: plain words; they stand in the key as they are. `whose`: any bytes.
  std::string key(std::string_view what, std::initializer_list<std::string_view> whose) const;

  // All or nothing: refused if any bucket is full, and then none has counted it. Buckets that are off count nothing,
  // and with no others Redis is not asked. No key twice.
  task<result<verdict>> take(std::vector<bucket> from);

  // The attempt does not count after all. For each receipt once; a window that has ended meanwhile stays as it is.
  task<status> give_back(receipt counted);

  // For bucket::exempt_if, where any value will do, and for recall().
  task<status> remember(std::string key, seconds how_long, std::string value = "1");
  // Empty: nothing, or no longer.
  task<result<std::string>> recall(std::string key);

 private:
  redis::connection& redis_;
  const std::string prefix_;
};

}  // namespace gatehouse::limit
