#include "smtp/turns.h"

#include <algorithm>

namespace gatehouse::smtp {

task<result<turns::turn>> turns::take(std::shared_ptr<turns> from, steady_time deadline) {
  oneshot<turn> mine(from->host_.queue());
  wait(from, mine.take_sender(), deadline);
  co_return co_await mine;
}

void turns::wait(const std::shared_ptr<turns>& from, oneshot<turn>::sender to, steady_time deadline) {
  if (from->free_ > 0) {
    --from->free_;
    return to(turn(from));
  }
  const auto self = from->waiting_.emplace(from->waiting_.end(), from->host_, std::move(to));
  auto give_up = [all = from.get(), self] {
    self->to(error{fault::overloaded, "other mails took the whole timeout"});
    all->waiting_.erase(self);
  };
  self->patience.start(std::max(millis{0}, std::chrono::ceil<millis>(deadline - steady_now())), give_up);
}

void turns::refuse_waiting(const error& why) {
  std::list<waiter> refused;
  refused.swap(waiting_);
  for (waiter& each : refused) each.to(why);
}

// The freed turn goes straight to the first who waits. Should nobody take it there, it comes back by itself.
void turns::give_back() {
  ++free_;
  if (waiting_.empty()) return;
  std::list<waiter> first;
  first.splice(first.end(), waiting_, waiting_.begin());
  --free_;
  first.front().to(turn(shared_from_this()));
}

}  // namespace gatehouse::smtp
