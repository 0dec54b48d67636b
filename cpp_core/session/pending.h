// What somebody has begun and must go on with within minutes: a login that waits for its second factor, a factor that
// waits to be confirmed. Each is known by a hash of what its owner holds, is bounded in time and in tries, and is
// taken once, whichever of several workers and nodes is asked.
//
// Keys: gatehouse:{realm}:pending:<hash> and :used:<hash>, in the slot of the realm's sessions. Every call fails with
// fault::unavailable while Redis is down or hung, within the connection's deadline.
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "redis/connection.h"

namespace gatehouse::session {

class pending {
 public:
  static constexpr seconds lifetime{600};
  static constexpr int most_tries = 5;

  // The connection outlives this and its calls.
  pending(redis::connection& on, const std::string& realm);
  pending(const pending&) = delete;
  pending& operator=(const pending&) = delete;

  // `about`: any text, which comes back as it is. In place of what had the same hash.
  task<status> begin(std::string hash, std::string about);
  // nullopt: there is no such thing any more.
  task<result<std::optional<std::string>>> look(std::string hash);
  // The same, for who is about to try something with it: the sixth time it is gone.
  task<result<std::optional<std::string>>> attempt(std::string hash);
  // True for the one who took it.
  task<result<bool>> take(std::string hash);

  // Of what nobody has begun here, because it carries its own proof: true for the first who uses it within `memory`.
  task<result<bool>> use_once(std::string hash, seconds memory);

 private:
  redis::connection& redis_;
  const std::string prefix_;
  const std::string used_prefix_;
};

}  // namespace gatehouse::session
