// The bounded queue before the hash threads. A flood of logins is refused at once beyond the limit, so it costs
// limit × (a password and a hash string) of waiting jobs and threads × parameters::memory of running ones.
// For one worker's event loop; not thread-safe.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace gatehouse::password {

class admission {
 public:
  // One place in the queue, given back when destroyed. May outlive the admission.
  class ticket {
   public:
    ticket(ticket&&) noexcept = default;
    ticket& operator=(ticket&&) = delete;
    ~ticket() {
      if (taken_) --*taken_;
    }

   private:
    friend class admission;
    explicit ticket(std::shared_ptr<std::size_t> taken) : taken_(std::move(taken)) { ++*taken_; }

    std::shared_ptr<std::size_t> taken_;
  };

  // `limit`: how many hashes may wait or run.
  explicit admission(std::size_t limit) : limit_(limit), taken_(std::make_shared<std::size_t>(0)) {}
  admission(const admission&) = delete;
  admission& operator=(const admission&) = delete;

  // nullopt: full. Answer fault::overloaded.
  std::optional<ticket> enter() {
    if (*taken_ >= limit_) return std::nullopt;
    return ticket(taken_);
  }

  std::size_t taken() const { return *taken_; }

 private:
  std::size_t limit_;
  std::shared_ptr<std::size_t> taken_;
};

}  // namespace gatehouse::password
