// Works off what a crash or an outage left in the outbox of a realm, and what an administrator put there, and records
// what limits have refused: one pass
// after another in the background, every worker in turn, and at once when PostgreSQL tells of a row; a row is one
// worker's at a time (account/store.h). Every hour it also deletes what is too old to be kept (account/retention.h).
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>

#include "host/host.h"
#include "realm/services.h"

namespace gatehouse::operation {

// A pass begins with a Redis that may have forgotten what had ended, if there is one.
class sweeper {
 public:
  // `number`: the worker's. Starts at once, destroy it before the services. A pass under way ends by itself.
  sweeper(realm::services& realm, unsigned number);
  ~sweeper();
  sweeper(const sweeper&) = delete;
  sweeper& operator=(const sweeper&) = delete;

 private:
  void rest(millis at_least);
  void wake();
  void sweep();
  void swept(result<std::size_t> pass);
  void prune();
  void pruned(result<bool> more);

  realm::services& realm_;
  timer timer_;
  timer prune_timer_;
  std::minstd_rand jitter_;
  bool sweeping_ = false;
  bool again_ = false;           // woken during a pass
  bool pruning_failed_ = false;  // the last time
  // The run id of a Redis whose sessions are to be held against what had ended (replay.h), and that of the pass under
  // way.
  std::optional<std::string> run_;
  std::optional<std::string> checked_;
  std::string failure_;             // of the last pass; empty: it went well
  std::shared_ptr<sweeper*> self_;  // reset by the destructor: a pass that ends later finds nobody
};

}  // namespace gatehouse::operation
