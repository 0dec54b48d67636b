// oneshot<T>: the bridge from a callback to a coroutine. The callback's side holds a sender; the coroutine awaits the
// oneshot and gets a result<T>. Every sender delivers exactly once: one destroyed unused delivers an error, so no
// flow hangs. What arrives after the oneshot has gone is dropped.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "base/result.h"
#include "base/run_queue.h"

namespace gatehouse {

template <class T>
class oneshot {
  struct state {
    run_queue* queue = nullptr;
    std::coroutine_handle<> waiter;
    std::optional<result<T>> value;
  };

 public:
  class sender {
   public:
    explicit sender(std::shared_ptr<state> to) : to_(std::move(to)) {}
    sender(sender&&) noexcept = default;
    sender& operator=(sender&&) = delete;
    sender(const sender&) = delete;
    sender& operator=(const sender&) = delete;
    ~sender() {
      if (to_ && !to_->value) deliver(error{fault::internal, "the call was dropped without an answer"});
    }

    // The waiting coroutine resumes later, from the run queue. Further calls are ignored.
    void operator()(result<T> value) {
      if (to_ && !to_->value) deliver(std::move(value));
    }

   private:
    void deliver(result<T> value) {
      to_->value.emplace(std::move(value));
      if (!to_->waiter) return;
      to_->queue->post([shared = to_] {
        if (shared->waiter) std::exchange(shared->waiter, {}).resume();
      });
    }

    std::shared_ptr<state> to_;
  };

  explicit oneshot(run_queue& queue) : state_(std::make_shared<state>()) { state_->queue = &queue; }
  oneshot(const oneshot&) = delete;
  oneshot& operator=(const oneshot&) = delete;
  ~oneshot() { state_->waiter = {}; }

  // Take one sender only.
  sender take_sender() { return sender{state_}; }

  bool await_ready() const noexcept { return state_->value.has_value(); }
  void await_suspend(std::coroutine_handle<> waiter) noexcept { state_->waiter = waiter; }
  result<T> await_resume() { return std::move(*state_->value); }

 private:
  std::shared_ptr<state> state_;
};

}  // namespace gatehouse
