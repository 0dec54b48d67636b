// Tails the realm's revocation feed into the shared table, in one worker per nginx (session/lease.h): a logout on
// any node is effective on this one within milliseconds.
//
// Each new connection reads the whole stream again: the scripts keep it free of what can matter no more. If Redis has
// been restarted, or its stream ends before what was read already, it may have forgotten entries: what the table holds
// and the stream does not is appended again. Only at the end of the stream does the table count as synchronised.
#pragma once

#include <functional>
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

  // Called when Redis may have forgotten the end of sessions, with the run id of this Redis; empty: it does not tell.
  // Until store::remember_run() has it there, every connection calls again. Before start().
  void on_doubt(std::function<void(std::string run_id)> what) { doubt_ = std::move(what); }

  // Runs until stop(). Who cannot read gives the lease away, lest it keep those from it who can, and tries again.
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
    mark run_id;              // empty: we are not told
    bool is_checked = false;  // its sessions have been held against what had ended
    std::string complaint;    // it is not set up to remember
    unix_seconds time = 0;
    stream_id last;  // of the stream
  };
  task<result<server>> catch_up();
  void complain_of_clock(const server& found);
  task<result<server>> ask();
  task<result<server>> ask_run();
  bool is_known(const server& found) const;  // the run that was read last
  bool may_have_forgotten(const server& found) const;

  // The entries that have been read, each in a form that compares.
  using known = std::unordered_set<std::string>;
  // Reads the next entries into the table, waiting up to `block` for them; 0: not at all. True: the stream ends here.
  task<result<bool>> read_page(millis block, known* seen);
  void add(revocation what, bool just_happened);
  task<status> append_missing(server at, known seen);
  task<status> pause(millis time);
  void wake();
  void remember(const server& at, bool at_end);
  bool hold_lease();
  // What fails is told to the log once by all workers together, and only when it has lasted.
  void report(const status& followed);

  host& host_;
  const std::string realm_;
  const std::string key_;
  const seconds matters_;
  revocations table_;
  redis::connection redis_;
  lease lease_;
  timer alarm_;
  std::optional<oneshot<done>::sender> paused_;
  stream_id cursor_;
  std::int64_t clock_ = 0;  // Redis' time less steady_seconds(), at the last connection
  std::function<void(std::string)> doubt_;
  bool running_ = false;
  bool stopping_ = false;
  bool reads_ = false;  // the log has been told so
};

}  // namespace gatehouse::session
