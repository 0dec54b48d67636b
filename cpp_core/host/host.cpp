#include "host/host.h"

#include <exception>
#include <utility>

namespace gatehouse {

namespace {

struct thread_job {
  std::function<void()> work;
  std::function<void()> done;

  static void run(void* self) noexcept {
    try {
      static_cast<thread_job*>(self)->work();
    } catch (...) {  // the outcome that `work` keeps is then unset, which its owner reports
    }
  }

  static void finish(void* self) noexcept {
    std::unique_ptr<thread_job> job(static_cast<thread_job*>(self));
    job->done();
  }
};

}  // namespace

bool host::submit(pool where, std::function<void()> work, std::function<void()> done) {
  auto job = std::make_unique<thread_job>();
  job->work = std::move(work);
  job->done = std::move(done);
  if (door_.submit(door_.self, static_cast<int>(where), thread_job::run, thread_job::finish, job.get()) != 0) {
    return false;
  }
  static_cast<void>(job.release());  // finish() has it
  return true;
}

watch::watch(host& on, int fd, ready callback) : host_(on), callback_(std::make_shared<ready>(std::move(callback))) {
  auto notify = [](void* self, unsigned events) noexcept {
    const std::shared_ptr<ready> keep = static_cast<watch*>(self)->callback_;
    (*keep)((events & GH_READ) != 0, (events & GH_WRITE) != 0);
  };
  handle_ = host_.door().watch(host_.door().self, fd, notify, this);
}

watch::~watch() {
  if (handle_ != nullptr) host_.door().unwatch(host_.door().self, handle_);
}

bool watch::want(bool read, bool write) {
  if (handle_ == nullptr) return false;
  const unsigned events = (read ? unsigned{GH_READ} : 0) | (write ? unsigned{GH_WRITE} : 0);
  return host_.door().watch_events(host_.door().self, handle_, events) == 0;
}

void timer::start(millis delay, std::function<void()> fire, bool background) {
  stop();
  fire_ = std::move(fire);
  handle_ =
      host_.door().timer(host_.door().self, static_cast<unsigned>(delay.count()), background ? 1 : 0, fired, this);
}

void timer::stop() {
  if (handle_ == nullptr) return;
  host_.door().cancel_timer(host_.door().self, std::exchange(handle_, nullptr));
}

void timer::fired(void* self) {
  auto* timer_ = static_cast<timer*>(self);
  timer_->handle_ = nullptr;
  const std::function<void()> fire = std::exchange(timer_->fire_, nullptr);  // it may start or destroy this timer
  fire();
}

}  // namespace gatehouse
