// One connection to PostgreSQL: opened by blocking code on a thread, then driven by the host's events.
//
// Connecting is not driven by events, because PQconnectPoll may replace its socket under the same number, which an
// event loop cannot see, and because it resolves names and reads ~/.pgpass and TLS files. Nothing here calls PQcancel,
// which blocks: statement_timeout ends on the server what a closed connection leaves behind.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "host/host.h"
#include "postgres/answer.h"
#include "postgres/options.h"

struct pg_conn;  // libpq's PGconn

namespace gatehouse::postgres {

struct link_close {
  void operator()(pg_conn* connection) const;
};
using link = std::unique_ptr<pg_conn, link_close>;

// Connects on a thread of pool::io, then calls `done` on the event loop. False: the thread pool's queue is full and
// `done` is not called. The thread touches nothing of the caller's; `done` must check that what it needs is still
// there.
bool connect(host& on, const options& how, std::function<void(result<link>)> done);

struct statement {
  std::string sql;
  std::vector<std::optional<std::string>> parameters;  // text; nullopt is null
};

class connection {
 public:
  using answered = std::function<void(result<answer>)>;

  // `lost` is called when an idle connection ends. It may destroy the connection, as may the `tell` of start(). `heard`
  // is called with the payload of each notification (LISTEN).
  connection(host& on, link opened, std::string server, std::function<void()> lost,
             std::function<void(std::string_view)> heard);

  // False: the connection is of no more use; destroy it.
  bool usable() const { return usable_; }

  // Precondition: usable(), and no statement under way. `tell` is called once, from an event, unless the connection is
  // destroyed before; if its descriptor cannot be watched, never.
  void start(const statement& what, answered tell);

 private:
  void advance();
  void read_idle();
  void hear();
  void finish(result<answer> outcome);
  void break_off();
  result<answer> judge();
  result<answer> judge_failure();

  host& host_;
  const std::string server_;
  const std::function<void()> lost_;
  const std::function<void(std::string_view)> heard_;
  answered tell_;  // set while a statement is under way
  raw_result received_;
  bool usable_ = true;
  const link link_;
  watch watch_;  // last: it goes before the socket
};

}  // namespace gatehouse::postgres
