#include "loop_host.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace gatehouse {

namespace {

loop_host& self_of(void* self) { return *static_cast<loop_host*>(self); }

const char* name_of(int severity) {
  switch (severity) {
    case GH_LOG_ERROR:
      return "error ";
    case GH_LOG_WARN:
      return "warn ";
    case GH_LOG_NOTICE:
      return "notice ";
    case GH_LOG_INFO:
      return "info ";
    default:
      return "debug ";
  }
}

}  // namespace

loop_host::loop_host(std::size_t hash_threads, std::size_t io_threads, std::size_t queue_limit)
    : queue_limit_(queue_limit), finished_event_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (finished_event_ < 0) throw std::runtime_error("eventfd failed");
  signal(SIGPIPE, SIG_IGN);  // as nginx does; hiredis writes to sockets that the server has closed
  core_ = std::make_unique<host>(door());
  const std::size_t counts[] = {hash_threads, io_threads};
  for (int pool : {GH_POOL_HASH, GH_POOL_IO}) {
    for (std::size_t i = 0; i < counts[pool]; ++i) {
      pools_[pool].threads.emplace_back([this, pool] { serve(pools_[pool]); });
    }
  }
}

loop_host::~loop_host() {
  {
    const std::lock_guard lock(pools_mutex_);
    stopping_ = true;
  }
  for (thread_pool& pool : pools_) {
    pool.something.notify_all();
    for (std::thread& thread : pool.threads) thread.join();
  }
  finish_jobs();
  close(finished_event_);
}

gh_host loop_host::door() {
  gh_host door{};
  door.self = this;
  door.watch = [](void* self, int fd, void (*ready)(void*, unsigned), void* arg) -> void* {
    loop_host& host = self_of(self);
    if (host.refuse_watches_) return nullptr;
    host.watches_.push_back(std::make_unique<watched>(watched{fd, ready, arg}));
    return host.watches_.back().get();
  };
  door.watch_events = [](void*, void* watch, unsigned events) {
    static_cast<watched*>(watch)->events = events;
    return 0;
  };
  door.unwatch = [](void*, void* watch) { static_cast<watched*>(watch)->dead = true; };
  door.timer = [](void* self, unsigned delay, int background, void (*fire)(void*), void* arg) -> void* {
    loop_host& host = self_of(self);
    const std::uint64_t number = ++host.last_timer_;
    host.timers_.emplace(number, pending_timer{steady_now() + millis(delay), background != 0, fire, arg});
    return reinterpret_cast<void*>(number);
  };
  door.cancel_timer = [](void* self, void* timer) {
    self_of(self).timers_.erase(reinterpret_cast<std::uint64_t>(timer));
  };
  door.is_quitting = [](void* self) { return self_of(self).quitting ? 1 : 0; };
  door.wake = [](void* self) { self_of(self).woken_ = true; };
  door.submit = [](void* self, int pool, void (*work)(void*), void (*done)(void*), void* arg) {
    loop_host& host = self_of(self);
    const std::lock_guard lock(host.pools_mutex_);
    thread_pool& chosen = host.pools_[pool];
    if (chosen.waiting.size() >= host.queue_limit_) return -1;
    chosen.waiting.push_back({work, done, arg});
    chosen.something.notify_one();
    return 0;
  };
  door.log = [](void* self, int severity, const char* text, size_t len) {
    self_of(self).logged.push_back(name_of(severity) + std::string(text, len));
  };
  door.lock_zone = [](void* self) { self_of(self).zone_mutex_.lock(); };
  door.unlock_zone = [](void* self) { self_of(self).zone_mutex_.unlock(); };
  return door;
}

bool loop_host::run_until(const std::function<bool()>& done, millis limit) {
  const steady_time deadline = steady_now() + limit;
  while (!done()) {
    const auto left = std::chrono::ceil<millis>(deadline - steady_now());
    if (left <= millis{0}) return false;
    turn(left);
  }
  return true;
}

void loop_host::run_for(millis time) {
  run_until([] { return false; }, time);
}

bool loop_host::has_logged(std::string_view part) const {
  return std::any_of(logged.begin(), logged.end(),
                     [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

std::size_t loop_host::foreground_timers() const {
  return static_cast<std::size_t>(
      std::count_if(timers_.begin(), timers_.end(), [](const auto& entry) { return !entry.second.background; }));
}

void loop_host::turn(millis longest) {
  poll_once(woken_ ? millis{0} : until_next_timer(longest));
  fire_timers();
  finish_jobs();
  if (std::exchange(woken_, false)) {
    if (on_wake_) {
      on_wake_();
    } else {
      core_->queue().run();
    }
  }
  std::erase_if(watches_, [](const auto& entry) { return entry->dead; });
}

// Calls each descriptor's owner. One callback may unwatch another's descriptor, hence `dead`; one that it adds waits
// for the next turn.
void loop_host::poll_once(millis longest) {
  std::vector<pollfd> descriptors{{finished_event_, POLLIN, 0}};
  std::vector<watched*> owners{nullptr};
  for (const auto& entry : watches_) {
    if (entry->dead || entry->events == 0) continue;
    const int events = ((entry->events & GH_READ) != 0 ? POLLIN : 0) | ((entry->events & GH_WRITE) != 0 ? POLLOUT : 0);
    descriptors.push_back({entry->fd, static_cast<short>(events), 0});
    owners.push_back(entry.get());
  }
  if (poll(descriptors.data(), descriptors.size(), static_cast<int>(longest.count())) < 0 && errno != EINTR) {
    throw std::runtime_error(std::string("poll: ") + std::strerror(errno));
  }
  for (std::size_t i = 1; i < descriptors.size(); ++i) {
    const short found = descriptors[i].revents;
    if ((found & POLLNVAL) != 0 && !owners[i]->dead) throw std::runtime_error("a closed descriptor is being watched");
    unsigned events =
        ((found & POLLIN) != 0 ? unsigned{GH_READ} : 0) | ((found & POLLOUT) != 0 ? unsigned{GH_WRITE} : 0);
    if ((found & (POLLERR | POLLHUP)) != 0) events |= GH_READ | GH_WRITE;  // as nginx does: whoever acts sees the error
    events &= owners[i]->events;                                           // an earlier callback may want less by now
    if (events != 0 && !owners[i]->dead) owners[i]->ready(owners[i]->arg, events);
  }
}

void loop_host::fire_timers() {
  const steady_time now = steady_now();
  std::vector<std::pair<steady_time, std::uint64_t>> due;
  for (const auto& [number, timer] : timers_) {
    if (timer.due <= now) due.emplace_back(timer.due, number);
  }
  std::sort(due.begin(), due.end());
  for (const auto& [when, number] : due) {
    const auto found = timers_.find(number);
    if (found == timers_.end()) continue;  // cancelled by one that fired before it
    const pending_timer timer = found->second;
    timers_.erase(found);
    timer.fire(timer.arg);
  }
}

void loop_host::finish_jobs() {
  std::uint64_t ignored = 0;
  if (read(finished_event_, &ignored, sizeof ignored) < 0 && errno != EAGAIN) throw std::runtime_error("eventfd: read");
  std::deque<job> finished;
  {
    const std::lock_guard lock(pools_mutex_);
    finished.swap(finished_);
  }
  for (const job& each : finished) each.done(each.arg);
}

// A thread of a pool. What still waits when the host is destroyed is worked off, so that its owner is freed.
void loop_host::serve(thread_pool& pool) {
  std::unique_lock lock(pools_mutex_);
  for (;;) {
    pool.something.wait(lock, [&] { return stopping_ || !pool.waiting.empty(); });
    if (pool.waiting.empty()) return;
    const job next = pool.waiting.front();
    pool.waiting.pop_front();
    lock.unlock();
    next.work(next.arg);
    lock.lock();
    finished_.push_back(next);
    const std::uint64_t one = 1;
    if (write(finished_event_, &one, sizeof one) < 0) std::terminate();
  }
}

millis loop_host::until_next_timer(millis longest) const {
  const steady_time now = steady_now();
  for (const auto& [number, timer] : timers_) {
    longest = std::min(longest, std::max(millis{0}, std::chrono::ceil<millis>(timer.due - now)));
  }
  return longest;
}

}  // namespace gatehouse
