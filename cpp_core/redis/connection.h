// One connection to one Redis, shared by every flow of the worker that needs it: commands are pipelined in the order of
// their calls. Connects lazily, at the first command.
//
// Replies are positional, so one command that gets no answer in time makes every later answer suspect: the connection
// is dropped, everything in flight fails, and no reply is ever handed to the wrong caller. After a failure commands
// fail at once for a jittered, doubling time (100 ms … 2 s); the first command after that connects again. A command
// that failed may or may not have been carried out.
#pragma once

#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/oneshot.h"
#include "base/result.h"
#include "base/task.h"
#include "host/host.h"
#include "metrics/tally.h"
#include "redis/options.h"
#include "redis/reply.h"

struct redisAsyncContext;

namespace gatehouse::redis {

// Does a command in flight keep a quitting worker alive? A client's does; the feed's endless read must not.
enum class patience { keeps_worker, background };

class connection {
 public:
  connection(host& on, options to, patience = patience::keeps_worker);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  // An error answer of Redis is an error of the call: fault::unavailable where the server is not in a state to serve
  // (LOADING, READONLY, NOAUTH …), fault::internal for anything else.
  task<result<reply>> command(std::vector<std::string> args);
  // The same with a deadline of its own, for blocking reads. It delays what is sent after it.
  task<result<reply>> command(std::vector<std::string> args, millis deadline);
  // The answer as it came, which may be of type error.
  task<result<reply>> exchange(std::vector<std::string> args, millis deadline);
  // What command() makes of an answer.
  result<reply> judge(reply answer) const;

  // Counts how long commands take, and those that fail.
  void count_in(metrics::tally& counts) { counts_ = &counts; }

  // For the end of the worker: whatever waits gets an error, later commands fail at once.
  void close();

  const options& settings() const { return options_; }
  // Changes with every new connection: what is true of the server only while it lasts must then be asked again.
  unsigned connects() const { return connects_; }

 private:
  struct pending;

  void send(std::span<const std::string_view> args, millis deadline, oneshot<reply>::sender to);
  status connect();
  void log_in();
  void queue(std::span<const std::string_view> args, millis deadline, std::unique_ptr<pending> command);

  void drop(error why);  // we give the connection up
  void lost();           // the connection has died by itself
  void back_off();
  error unreachable(std::string_view why) const;

  static void on_reply(redisAsyncContext* context, void* answer, void* command) noexcept;
  static void on_cleanup(void* self) noexcept;
  void log_in_answered(std::string_view step, const reply& answer);
  void listen(unsigned events);
  void ignore(unsigned events);

  host& host_;
  const options options_;
  const patience patience_;
  metrics::tally* counts_ = nullptr;

  redisAsyncContext* context_ = nullptr;  // null: not connected
  std::unique_ptr<watch> watch_;
  unsigned events_ = 0;  // what the watch waits for
  int in_flight_ = 0;
  bool closed_ = false;
  unsigned connects_ = 0;

  error failure_;  // why the last connection ended
  millis delay_{0};
  steady_time retry_at_;
  std::minstd_rand jitter_;
};

}  // namespace gatehouse::redis
