// spawn(): starts a task that nobody awaits. It owns its frame and runs to its end; what it throws goes to `on_error`.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <utility>

#include "base/result.h"
#include "base/run_queue.h"
#include "base/task.h"

namespace gatehouse {

namespace detail {

struct detached {
  struct promise_type {
    detached get_return_object() noexcept { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { std::terminate(); }  // run_detached catches everything before
  };
};

template <class T>
detached run_detached(run_queue& queue, task<T> work, std::function<void(result<T>)> finished) {
  result<T> outcome = error{};
  try {
    T value = co_await work;
    outcome = std::move(value);
  } catch (const std::exception& e) {
    outcome = error{fault::internal, e.what()};
  } catch (...) {
    outcome = error{fault::internal, "an exception of unknown type"};
  }
  // From the queue, so that `finished` runs after this frame is gone: it may end the request.
  auto last = [finished = std::move(finished), outcome = std::move(outcome)]() mutable {
    finished(std::move(outcome));
  };
  queue.post(std::move(last));
}

}  // namespace detail

// Runs `work` up to its first suspension now, the rest from `queue`; then calls `finished` from `queue` with what it
// returned, or with an error of kind internal for what it threw.
template <class T>
void spawn(run_queue& queue, task<T> work, std::function<void(result<T>)> finished) {
  detail::run_detached<T>(queue, std::move(work), std::move(finished));
}

}  // namespace gatehouse
