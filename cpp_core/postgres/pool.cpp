#include "postgres/pool.h"

#include <algorithm>
#include <utility>

namespace gatehouse::postgres {

namespace {

constexpr millis first_backoff{100};
constexpr millis longest_backoff{2000};

bool holds_nul(const std::vector<std::optional<std::string>>& parameters) {
  return std::any_of(parameters.begin(), parameters.end(),
                     [](const auto& each) { return each && each->find('\0') != std::string::npos; });
}

}  // namespace

struct pool::call {
  call(host& on, statement asked, oneshot<answer>::sender to)
      : what(std::move(asked)), reply(std::move(to)), deadline(on) {}

  statement what;
  oneshot<answer>::sender reply;
  timer deadline;
};

struct pool::lane {
  std::unique_ptr<connection> link;
  std::unique_ptr<call> running;
};

pool::pool(host& on, options how) : host_(on), how_(std::move(how)), self_(std::make_shared<pool*>(this)) {}

pool::~pool() { close(); }

task<result<answer>> pool::query(std::string sql, std::vector<std::optional<std::string>> parameters) {
  if (closed_) co_return error{fault::unavailable, server() + ": the worker is stopping"};
  if (holds_nul(parameters)) co_return error{fault::invalid, server() + ": a parameter holds a NUL"};

  const steady_time begun = steady_now();
  oneshot<answer> reply(host_.queue());
  statement what{std::move(sql), std::move(parameters)};
  enqueue(make_call(std::move(what), reply.take_sender()));
  result<answer> outcome = co_await reply;
  if (counts_ != nullptr) {
    counts_->took(metrics::timing::postgres, begun);
    if (!outcome && outcome.failure().kind == fault::unavailable) counts_->add(metrics::counter::postgres_failures);
  }
  co_return outcome;
}

std::uint64_t pool::epoch() const { return lanes_.empty() ? 0 : epochs_; }

void pool::listen(std::string channel, std::function<void(std::string_view)> heard) {
  channel_ = std::move(channel);
  heard_.push_back(std::move(heard));
}

std::unique_ptr<pool::call> pool::make_call(statement what, oneshot<answer>::sender to) {
  auto waiting = std::make_unique<call>(host_, std::move(what), std::move(to));
  waiting->deadline.start(how_.timeout, [this, late = waiting.get()] { expired(late); });
  return waiting;
}

void pool::enqueue(std::unique_ptr<call> next) {
  if (waiting_.size() >= how_.queue) {
    const std::string limit = std::to_string(how_.queue);
    next->reply(error{fault::overloaded, server() + ": " + limit + " calls wait for a connection already"});
    return;
  }
  waiting_.push_back(std::move(next));
  dispatch();
}

// Gives free connections to those who wait, and opens one more if that is not enough.
void pool::dispatch() {
  for (lane& each : lanes_) {
    if (waiting_.empty()) return;
    if (each.running) continue;
    std::unique_ptr<call> next = std::move(waiting_.front());
    waiting_.pop_front();
    run(each, std::move(next));
  }
  if (waiting_.empty() || connecting_ || lanes_.size() >= how_.pool) return;
  if (steady_now() >= retry_at_) return open();
  if (lanes_.empty()) fail_waiting(last_failure_);
}

void pool::run(lane& on, std::unique_ptr<call> next) {
  on.running = std::move(next);
  on.link->start(on.running->what, [this, at = &on](result<answer> outcome) { answered(at, std::move(outcome)); });
}

void pool::open() {
  // The thread may need longer than this pool lives.
  auto done = [self = std::weak_ptr<pool*>(self_)](result<postgres::link> outcome) {
    if (const auto alive = self.lock()) (*alive)->opened(std::move(outcome));
  };
  connecting_ = true;
  if (connect(host_, how_, std::move(done))) return;
  opened(error{fault::unavailable, server() + ": the queue of the thread pool gatehouse_io is full"});
}

void pool::opened(result<postgres::link> outcome) {
  connecting_ = false;
  if (!outcome) return connect_failed(outcome.failure());

  lane& added = lanes_.emplace_back();
  added.link = std::make_unique<connection>(
      host_, std::move(*outcome), server(), [this, at = &added] { drop(at); },
      [this](std::string_view payload) {
        for (const auto& each : heard_) each(payload);
      });
  if (!added.link->usable()) {
    drop(&added);
    return connect_failed(error{fault::unavailable, server() + ": no event of its socket can be watched"});
  }
  if (failures_ > 0) host_.log(severity::notice, server() + ": connected again");
  failures_ = 0;
  if (lanes_.size() == 1) ++epochs_;
  if (!channel_.empty()) {
    oneshot<answer> nobody(host_.queue());  // if it is refused, then so be it
    run(added, make_call({"LISTEN " + channel_, {}}, nobody.take_sender()));
  }
  dispatch();
}

void pool::connect_failed(const error& why) {
  const millis longest = std::min(longest_backoff, first_backoff * (1 << std::min(failures_, 5U)));
  std::uniform_int_distribution<millis::rep> jittered(longest.count() / 2, longest.count());
  retry_at_ = steady_now() + millis(jittered(jitter_));
  if (failures_++ == 0) host_.log(severity::error, why.what);  // once an outage; the calls tell the rest
  last_failure_ = why;
  if (lanes_.empty()) fail_waiting(why);
}

void pool::answered(lane* on, result<answer> outcome) {
  const std::unique_ptr<call> finished = std::move(on->running);
  if (!on->link->usable()) drop(on);
  finished->reply(std::move(outcome));
  dispatch();
}

void pool::expired(call* late) {
  const std::string limit = std::to_string(how_.timeout.count()) + " ms";
  const auto is_late = [late](const std::unique_ptr<call>& each) { return each.get() == late; };

  const auto waiting = std::find_if(waiting_.begin(), waiting_.end(), is_late);
  if (waiting != waiting_.end()) {
    const std::unique_ptr<call> given_up = std::move(*waiting);
    waiting_.erase(waiting);
    const char* missing = connecting_ ? ": no connection after " : ": every connection was busy for ";
    given_up->reply(error{fault::unavailable, server() + missing + limit});
    return;
  }

  const auto running =
      std::find_if(lanes_.begin(), lanes_.end(), [&](const lane& each) { return is_late(each.running); });
  const std::unique_ptr<call> given_up = std::move(running->running);
  lanes_.erase(running);
  given_up->reply(error{fault::unavailable, server() + ": no answer within " + limit + "; the connection was closed"});
  dispatch();
}

void pool::drop(lane* which) {
  lanes_.remove_if([which](const lane& each) { return &each == which; });
}

void pool::fail_waiting(const error& why) {
  for (const std::unique_ptr<call>& each : std::exchange(waiting_, {})) each->reply(why);
}

void pool::close() {
  closed_ = true;
  self_.reset();
  const error stopping{fault::unavailable, server() + ": the worker is stopping"};
  fail_waiting(stopping);
  for (const lane& each : lanes_) {
    if (each.running) each.running->reply(stopping);
  }
  lanes_.clear();
}

}  // namespace gatehouse::postgres
