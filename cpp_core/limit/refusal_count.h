// What has been refused because a limit was full, until it stands in the audit trail: over all workers and nodes one
// entry a limit, with a count, so that a flood is one row a minute. It is kept in Redis, where the limit is, so that a
// refused attempt asks PostgreSQL for nothing.
//
// Every call fails with fault::unavailable while Redis is down or hung, within the connection's deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "redis/connection.h"

namespace gatehouse::limit {

struct refused_attempts {
  std::string key;         // of the full bucket
  std::string about;       // of the first of them
  std::int64_t count = 0;  // since they were last settled
};

class refusals {
 public:
  // The connection outlives this and its calls.
  refusals(redis::connection& on, std::string_view realm);
  refusals(const refusals&) = delete;
  refusals& operator=(const refusals&) = delete;

  // One more. `about`: any text, which comes back as it is. Of more than 10,000 limits within a minute nothing is kept.
  task<status> note(std::string key, std::string about);

  // Some of those that are due: at once the first time, then a minute after they were last taken. Each is this caller's
  // for that minute; unless settle()d by then, it is due again, with its count.
  task<result<std::vector<refused_attempts>>> take();
  task<status> settle(std::vector<refused_attempts> recorded);

 private:
  std::vector<std::string> keys() const { return {due_, counts_, abouts_}; }

  redis::connection& redis_;
  const std::string due_;     // a sorted set of bucket keys, by when they are due, in ms
  const std::string counts_;  // a hash of how many, by bucket key
  const std::string abouts_;
};

}  // namespace gatehouse::limit
