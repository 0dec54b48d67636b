// A real host for the core, without nginx: poll(2), timers, bounded thread pools, a log that tests read.
//
//   loop_host loop;
//   redis::client client(loop.core(), settings);
//   result<redis::reply> pong = loop.await(client.command({"PING"}));
//
// Everything runs on the thread that calls run_until() or await(), but for the work given to the pools. Declare it
// before what uses it: descriptors and timers must be gone when it is destroyed.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/flow.h"
#include "base/result.h"
#include "base/task.h"
#include "gatehouse.h"
#include "host/host.h"

namespace gatehouse {

class loop_host {
 public:
  // `queue_limit`: how many jobs may wait in each pool before submit() refuses.
  explicit loop_host(std::size_t hash_threads = 1, std::size_t io_threads = 2, std::size_t queue_limit = 32);
  ~loop_host();
  loop_host(const loop_host&) = delete;
  loop_host& operator=(const loop_host&) = delete;

  gh_host door();
  // The C++ face of door(). Its run queue is drained by the loop, unless on_wake() says otherwise.
  host& core() { return *core_; }

  // What to call when the core asked to be woken; a test of a whole gh_worker gives gh_worker_run() here.
  void on_wake(std::function<void()> wake) { on_wake_ = std::move(wake); }

  // Runs the loop until done() is true; false when `limit` passed first.
  bool run_until(const std::function<bool()>& done, millis limit = millis{10000});
  void run_for(millis time);

  // Starts a task and runs the loop until it ends.
  template <class T>
  result<T> await(task<T> work, millis limit = millis{10000}) {
    auto outcome = std::make_shared<std::optional<result<T>>>();
    std::function<void(result<T>)> keep = [outcome](result<T> value) { outcome->emplace(std::move(value)); };
    spawn<T>(core().queue(), std::move(work), std::move(keep));
    if (!run_until([&] { return outcome->has_value(); }, limit)) {
      return error{fault::internal, "the test gave up waiting: the task did not end"};
    }
    return std::move(**outcome);
  }

  bool quitting = false;  // what is_quitting() says

  // One line a message: the severity, a space, the text ("error redis unix:/x: connection refused").
  std::vector<std::string> logged;
  bool has_logged(std::string_view part) const;

  // What keeps a quitting worker alive: a call in flight must own one timer that is not a background timer.
  std::size_t foreground_timers() const;
  std::size_t watches() const { return watches_.size(); }
  void refuse_watches(bool refuse) { refuse_watches_ = refuse; }  // watch() then fails as nginx out of connections

 private:
  struct watched {
    int fd;
    void (*ready)(void*, unsigned);
    void* arg;
    unsigned events = 0;
    bool dead = false;
  };
  struct pending_timer {
    steady_time due;
    bool background;
    void (*fire)(void*);
    void* arg;
  };
  struct job {
    void (*work)(void*);
    void (*done)(void*);
    void* arg;
  };
  struct thread_pool {
    std::deque<job> waiting;
    std::vector<std::thread> threads;
    std::condition_variable something;
  };

  void turn(millis longest);
  void poll_once(millis longest);
  void fire_timers();
  void finish_jobs();
  void serve(thread_pool& pool);
  millis until_next_timer(millis longest) const;

  std::vector<std::unique_ptr<watched>> watches_;
  std::map<std::uint64_t, pending_timer> timers_;  // by number, which is the handle
  std::uint64_t last_timer_ = 0;
  bool woken_ = false;
  bool refuse_watches_ = false;
  std::function<void()> on_wake_;

  std::mutex pools_mutex_;  // guards the pools, finished_ and stopping_
  thread_pool pools_[2];
  std::deque<job> finished_;
  bool stopping_ = false;
  std::size_t queue_limit_;
  int finished_event_;  // an eventfd: a thread has put something into finished_

  std::mutex zone_mutex_;
  std::unique_ptr<host> core_;
};

}  // namespace gatehouse
