// Expected failures as values. A result<T> holds a T or an error that says what an operator needs to know.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace gatehouse {

enum class fault {
  invalid,      // the input is wrong; the same call will fail again
  unavailable,  // a server is down, hung or not ready; try again later
  overloaded,   // a queue of ours is full; try again later
  internal,     // a defect or an impossible answer
};

struct error {
  fault kind = fault::internal;
  std::string what;  // for the log: which server, statement, file or field, and what to do
};

inline error invalid(std::string what) { return {fault::invalid, std::move(what)}; }

template <class T>
class [[nodiscard]] result {
 public:
  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}          // NOLINT(google-explicit-constructor)
  result(error failure) : state_(std::in_place_index<1>, std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  // Precondition: ok().
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Precondition: !ok().
  const error& failure() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, error> state_;
};

// The result of what has nothing to give but its success.
struct done {};
using status = result<done>;

}  // namespace gatehouse
