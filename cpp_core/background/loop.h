// The one loop of all that runs beside requests: a pass, a rest, the next pass, never two at a time.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <string>
#include <utility>

#include "base/flow.h"
#include "host/host.h"

namespace gatehouse::operation {

// How long until the next pass: anything from `at_least` to `at_most`, so that several workers take turns.
struct rest {
  millis at_least{0};
  millis at_most{0};
  bool keeps_worker = false;  // one that is to quit waits for the next pass
};

template <class T>
class loop {
 public:
  using pass = std::function<task<result<T>>()>;
  // What a pass has come to, and whether somebody woke the loop meanwhile; says how long to rest.
  using ended = std::function<rest(result<T> outcome, bool woken)>;

  // `number`: the worker's. What `begin` throws is an outcome, too: an error of kind internal. A pass that is under way
  // when this is destroyed ends by itself, and `end` is not called.
  loop(host& on, unsigned number, pass begin, ended end)
      : host_(on), timer_(on), jitter_(number + 1), begin_(std::move(begin)), end_(std::move(end)) {}
  ~loop() { *self_ = nullptr; }
  loop(const loop&) = delete;
  loop& operator=(const loop&) = delete;

  void start(rest first) {
    const double part = chance();
    const auto more = static_cast<millis::rep>(static_cast<double>((first.at_most - first.at_least).count()) * part);
    timer_.start(
        first.at_least + millis(more), [this] { run(); }, !first.keeps_worker);
  }

  // A pass after this rest instead, or a word to the pass that is under way.
  void wake(rest soon) {
    if (passing_) {
      woken_ = true;
    } else {
      start(soon);
    }
  }

  double chance() { return std::uniform_real_distribution<double>(0, 1)(jitter_); }

  // For whoever tells of work, however long he does: calls `call`, but not when the loop is gone.
  template <class F>
  auto while_here(F call) {
    return [self = self_, call = std::move(call)](auto&&... words) {
      if (*self != nullptr) call(std::forward<decltype(words)>(words)...);
    };
  }

 private:
  void run() {
    passing_ = true;
    woken_ = false;
    spawn<result<T>>(host_.queue(), begin_(), [self = self_](result<result<T>> outcome) {
      if (*self != nullptr) (*self)->finish(outcome ? std::move(*outcome) : outcome.failure());
    });
  }

  void finish(result<T> outcome) {
    passing_ = false;
    start(end_(std::move(outcome), woken_));
  }

  host& host_;
  timer timer_;
  std::minstd_rand jitter_;
  pass begin_;
  ended end_;
  bool passing_ = false;
  bool woken_ = false;
  std::shared_ptr<loop*> self_ = std::make_shared<loop*>(this);
};

// One line in the log when something begins to fail and one when it is over, not one for each pass.
class trouble_log {
 public:
  // `over`: what is said when it is.
  trouble_log(host& on, const std::string& realm, std::string over)
      : host_(on), realm_("realm \"" + realm + "\": "), over_(std::move(over)) {}

  // Empty: there is none.
  void note(const std::string& trouble) {
    if (trouble == trouble_) return;
    if (trouble.empty()) host_.log(severity::notice, realm_ + over_);
    if (!trouble.empty()) host_.log(severity::error, realm_ + trouble);
    trouble_ = trouble;
  }

 private:
  host& host_;
  std::string realm_;
  std::string over_;
  std::string trouble_;
};

}  // namespace gatehouse::operation
