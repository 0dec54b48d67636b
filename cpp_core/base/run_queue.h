// The worker's run queue. Library callbacks never resume a coroutine themselves: they put it here, and the host
// drains the queue from an event of its own, when no client library is on the stack. Not thread-safe: one worker,
// one thread.
#pragma once

#include <deque>
#include <functional>
#include <utility>

namespace gatehouse {

class run_queue {
 public:
  using job = std::function<void()>;

  // `wake` asks the host to call run() soon, from its event loop.
  explicit run_queue(std::function<void()> wake) : wake_(std::move(wake)) {}
  run_queue(const run_queue&) = delete;
  run_queue& operator=(const run_queue&) = delete;

  void post(job next) {
    jobs_.push_back(std::move(next));
    if (jobs_.size() == 1) wake_();
  }

  // Runs what is queued, and what that queues in turn, until nothing is left. What a job throws comes out of here; the
  // jobs behind it then run another time.
  void run() {
    while (!jobs_.empty()) {
      job next = std::move(jobs_.front());
      jobs_.pop_front();
      try {
        next();
      } catch (...) {
        if (!jobs_.empty()) wake_();
        throw;
      }
    }
  }

 private:
  std::function<void()> wake_;
  std::deque<job> jobs_;
};

}  // namespace gatehouse
