// Tails the realm's revocation feed into the shared table, in one worker per nginx (session/lease.h): a logout on
// any node is effective on this one within milliseconds.
//
// Each new connection reads everything that can still matter again, back to (Redis' TIME − longest access lifetime − 2
// min). If Redis has been restarted, or its stream ends before what was read already, it may have forgotten entries:
// what the table holds and the stream does not is appended again. Only at the end of the stream does the table count as
// synchronised.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "base/oneshot.h"
#include "base/task.h"
#include "host/host.h"
#include "redis/connection.h"
#include "session/feed_entry.h"
#include "session/lease.h"
#include "session/revocations.h"

namespace gatehouse::session {

class feed {
 public:
  // A connection of its own to `at`: its reads block, for a second each. Nothing of it keeps a quitting worker alive.
  // `longest_access` is that of the store.
  feed(host& on, const redis::options& at, std::string_view realm, seconds longest_access, revocations table);
  feed(const feed&) = delete;
  feed& operator=(const feed&) = delete;

  // Runs until stop(); what fails is logged once and tried again.
  void start();
  // Gives the lease up. One run of the host's queue later finished() is true and the feed may be destroyed.
  void stop();
  bool finished() const { return !running_; }

 private:
  task<status> run();
  task<status> follow();

  // What is behind a connection.
  struct server {
    unsigned connection = 0;  // redis_.connects()
    mark run_id;
    unix_seconds time = 0;
    stream_id last;  // of the stream
  };
  task<result<server>> catch_up();
  task<result<server>> ask();
  bool may_have_forgotten(const server& found) const;

  // The entries that have been read, each in a form that compares.
  using known = std::unordered_set<std::string>;
  // Reads the next entries into the table, waiting up to `block` for them; 0: not at all. True: the stream ends here.
  task<result<bool>> read_page(millis block, known* seen);
  task<status> append_missing(server at, known seen);
  task<status> pause(millis time);
  void wake();
  void read_up_to_now(const server& at);
  void report(const status& followed);

  host& host_;
  const std::string key_;
  const seconds matters_;
  revocations table_;
  redis::connection redis_;
  lease lease_;
  timer alarm_;
  std::optional<oneshot<done>::sender> paused_;
  stream_id cursor_;
  bool running_ = false;
  bool stopping_ = false;
  std::optional<bool> reported_;  // what the log was told last: is the feed read?
};

}  // namespace gatehouse::session
