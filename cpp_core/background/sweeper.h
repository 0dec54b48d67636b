// Works off what a crash or an outage left in the outbox of a realm, and what an administrator put there, and records
// what limits have refused: one pass after another in the background, every worker in turn, and at once when PostgreSQL
// tells of a row; a row is one worker's at a time (account/store.h). Every hour it also deletes what is too old to be
// kept (account/retention.h).
#pragma once

#include <optional>
#include <string>

#include "background/loop.h"
#include "realm/services.h"

namespace gatehouse::operation {

// A pass begins with a Redis that may have forgotten what had ended, if there is one.
class sweeper {
 public:
  // `number`: the worker's. Starts at once, destroy it before the services. A pass under way ends by itself.
  sweeper(realm::services& realm, unsigned number);

 private:
  void doubt(std::string run_id);
  task<result<std::size_t>> sweep();
  rest swept(result<std::size_t> carried_out, bool woken);
  rest pruned(result<bool> more);

  realm::services& realm_;
  loop<std::size_t> sweeping_;
  loop<bool> pruning_;
  trouble_log log_;
  bool pruning_failed_ = false;  // the last time
  // The run id of a Redis whose sessions are to be held against what had ended (replay.h), and that of the pass under
  // way.
  std::optional<std::string> run_;
  std::optional<std::string> checked_;
};

}  // namespace gatehouse::operation
