// The C++ face of gh_host: what the rooms above use of whoever runs the core. Every callback given here is called from
// the host's event loop; none may resume a coroutine itself (base/oneshot.h does it through the run queue).
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/run_queue.h"
#include "base/task.h"
#include "gatehouse_host.h"

namespace gatehouse {

enum class severity {
  error = GH_LOG_ERROR,
  warn = GH_LOG_WARN,
  notice = GH_LOG_NOTICE,
  info = GH_LOG_INFO,
  debug = GH_LOG_DEBUG
};
enum class pool { hash = GH_POOL_HASH, io = GH_POOL_IO };

class host {
 public:
  explicit host(const gh_host& door) : door_(door), queue_([this] { door_.wake(door_.self); }) {}
  host(const host&) = delete;
  host& operator=(const host&) = delete;

  run_queue& queue() { return queue_; }
  const gh_host& door() const { return door_; }

  void log(severity level, std::string_view text) {
    door_.log(door_.self, static_cast<int>(level), text.data(), text.size());
  }

  bool is_quitting() const { return door_.is_quitting(door_.self) != 0; }

  // Runs `work` on a thread of the pool, then `done` on the event loop. False: the pool's queue is full and neither is
  // called. `work` must own what it touches; what it throws is swallowed, so it must keep its own outcome.
  bool submit(pool where, std::function<void()> work, std::function<void()> done);

 private:
  gh_host door_;
  run_queue queue_;
};

// A descriptor on the host's event loop. Does not own it: destroy the watch right before closing it, or right after.
class watch {
 public:
  using ready = std::function<void(bool readable, bool writable)>;

  watch(host& on, int fd, ready callback);
  ~watch();
  watch(const watch&) = delete;
  watch& operator=(const watch&) = delete;

  // False: the host could not watch it; treat the connection as broken.
  bool want(bool read, bool write);

 private:
  host& host_;
  std::shared_ptr<ready> callback_;  // shared: the callback may destroy its own watch
  void* handle_;
};

// A one-shot timer; starting it again moves it. `background` timers do not keep a quitting worker alive.
class timer {
 public:
  explicit timer(host& on) : host_(on) {}
  ~timer() { stop(); }
  timer(const timer&) = delete;
  timer& operator=(const timer&) = delete;

  void start(millis delay, std::function<void()> fire, bool background = false);
  void stop();
  bool running() const { return handle_ != nullptr; }

 private:
  static void fired(void* self);

  host& host_;
  void* handle_ = nullptr;
  std::function<void()> fire_;
};

}  // namespace gatehouse
