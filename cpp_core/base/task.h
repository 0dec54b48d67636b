// task<T>: a lazy coroutine with one owner, started by co_await. A chain of tasks is started by spawn() (flow.h).
//
// Rules, because g++ 12 miscompiles some co_await expressions:
//  - no aggregate temporaries and no capturing lambdas inside a co_await expression: name them first;
//  - no structured binding of a co_await; await only named lvalues or calls that return a task;
//  - coroutine parameters by value, or references to what outlives the flow (the worker's services).
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace gatehouse {

template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type;
  using frame = std::coroutine_handle<promise_type>;

  struct resume_parent {
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(frame finished) noexcept { return finished.promise().parent; }
    void await_resume() noexcept {}
  };

  struct promise_type {
    std::optional<T> value;
    std::exception_ptr thrown;
    std::coroutine_handle<> parent = std::noop_coroutine();

    task get_return_object() { return task{frame::from_promise(*this)}; }
    std::suspend_always initial_suspend() noexcept { return {}; }
    resume_parent final_suspend() noexcept { return {}; }
    void return_value(T v) { value.emplace(std::move(v)); }
    void unhandled_exception() noexcept { thrown = std::current_exception(); }
  };

  task(task&& other) noexcept : coroutine_(std::exchange(other.coroutine_, {})) {}
  task(const task&) = delete;
  task& operator=(const task&) = delete;
  task& operator=(task&&) = delete;
  ~task() {
    if (coroutine_) coroutine_.destroy();
  }

  bool await_ready() const noexcept { return false; }
  frame await_suspend(std::coroutine_handle<> parent) noexcept {
    coroutine_.promise().parent = parent;
    return coroutine_;
  }
  T await_resume() {
    promise_type& promise = coroutine_.promise();
    if (promise.thrown) std::rethrow_exception(promise.thrown);
    return std::move(*promise.value);
  }

 private:
  explicit task(frame coroutine) noexcept : coroutine_(coroutine) {}

  frame coroutine_;
};

}  // namespace gatehouse
