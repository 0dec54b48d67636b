// The few connections of one worker to one PostgreSQL, and the calls that wait for them. Connections open at need, one
// at a time, on a thread of pool::io; they are watched while idle, and one whose call has passed its deadline is
// closed, never used again. While the server is down a call fails at once, and the next one after a back-off (100 ms …
// 2 s) tries again. Statements are sent with their parameters apart: no prepared statement, no pipeline (PgBouncer).
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/oneshot.h"
#include "base/result.h"
#include "base/task.h"
#include "host/host.h"
#include "metrics/tally.h"
#include "postgres/answer.h"
#include "postgres/connection.h"
#include "postgres/options.h"

namespace gatehouse::postgres {

class pool {
 public:
  // Connects nowhere yet.
  pool(host& on, options how);
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  // One statement in a transaction of its own. Parameters are text, nullopt is null. Errors: overloaded, the queue is
  // full; unavailable, the server is down, read-only, hung or did not answer by the deadline, and then the statement
  // may or may not have been executed; invalid, a parameter holds a NUL, which PostgreSQL's text cannot.
  task<result<answer>> query(std::string sql, std::vector<std::optional<std::string>> parameters);

  // Every connection opened from now on listens on the channel; `heard` gets the payload of each notification from each
  // of them, so mostly several times. No promise: PgBouncer, or a standby, may let nothing through. One channel, as
  // many listeners as want.
  void listen(std::string channel, std::function<void(std::string_view)> heard);

  // Counts how long calls take, and those that fail for the server's sake.
  void count_in(metrics::tally& counts) { counts_ = &counts; }

  // Closes every connection; calls under way and later ones get unavailable.
  void close();

  // 0 while there is no connection; else how often the pool came (back) to having one. What was found out about the
  // database in one such spell holds until it ends.
  std::uint64_t epoch() const;

  const std::string& server() const { return how_.server; }

 private:
  struct call;
  struct lane;

  std::unique_ptr<call> make_call(statement what, oneshot<answer>::sender to);
  void enqueue(std::unique_ptr<call> next);
  void run(lane& on, std::unique_ptr<call> next);
  void dispatch();
  void open();
  void opened(result<postgres::link> outcome);
  void connect_failed(const error& why);
  void answered(lane* on, result<answer> outcome);
  void expired(call* late);
  void drop(lane* which);
  void fail_waiting(const error& why);

  host& host_;
  const options how_;
  metrics::tally* counts_ = nullptr;
  std::string channel_;  // empty: none
  std::vector<std::function<void(std::string_view)>> heard_;
  std::deque<std::unique_ptr<call>> waiting_;
  std::list<lane> lanes_;
  bool connecting_ = false;
  bool closed_ = false;
  unsigned failures_ = 0;  // connects in a row
  steady_time retry_at_{};
  error last_failure_;
  std::uint64_t epochs_ = 0;
  std::minstd_rand jitter_{std::random_device{}()};
  std::shared_ptr<pool*> self_;  // reset by close(): a connect that ends later finds nobody
};

}  // namespace gatehouse::postgres
