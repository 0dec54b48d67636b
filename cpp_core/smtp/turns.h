// At most so many at a time; the others wait in the order in which they came, until their deadline.
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "base/oneshot.h"
#include "base/task.h"
#include "host/host.h"

namespace gatehouse::smtp {

class turns : public std::enable_shared_from_this<turns> {
 public:
  // Whoever holds it is at it; its destruction lets the next one begin.
  class turn {
   public:
    explicit turn(std::shared_ptr<turns> of) : of_(std::move(of)) {}
    turn(turn&&) noexcept = default;
    turn& operator=(turn&&) = delete;
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;
    ~turn() {
      if (of_) of_->give_back();
    }

   private:
    std::shared_ptr<turns> of_;
  };

  turns(host& on, std::size_t at_a_time) : host_(on), free_(at_a_time) {}

  // fault::overloaded: the deadline came first.
  static task<result<turn>> take(std::shared_ptr<turns> from, steady_time deadline);

  // Whoever waits gets this error.
  void refuse_waiting(const error& why);

 private:
  struct waiter {
    waiter(host& on, oneshot<turn>::sender awaited) : to(std::move(awaited)), patience(on) {}

    oneshot<turn>::sender to;
    timer patience;
  };

  static void wait(const std::shared_ptr<turns>& from, oneshot<turn>::sender to, steady_time deadline);
  void give_back();

  host& host_;
  std::size_t free_;
  std::list<waiter> waiting_;
};

}  // namespace gatehouse::smtp
