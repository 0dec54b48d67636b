#include "session/lease.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>

namespace gatehouse::session {

namespace {

constexpr std::int64_t longest_silence = 4000;  // milliseconds
constexpr int number_bits = 20;
constexpr std::int64_t quitting_bit = std::int64_t{1} << 62;  // of a holder; no pid reaches it

std::int64_t new_holder() {
  static std::int64_t number = 0;
  return std::int64_t{getpid()} << number_bits | (++number & ((1 << number_bits) - 1));
}

bool alive(std::int64_t holder) {
  const auto pid = static_cast<pid_t>((holder & ~quitting_bit) >> number_bits);
  return pid > 0 && (kill(pid, 0) == 0 || errno != ESRCH);
}

}  // namespace

lease::lease(const revocations& of) : state_(of.state()), zone_(of.shared()), self_(new_holder()) {}

bool lease::hold(bool quitting) {
  const std::int64_t seen = state_.holder;
  const bool seen_alive = alive(seen);  // a system call: not under the mutex
  const zone::lock held(zone_);
  const std::int64_t now = steady_millis();
  const bool mine = is_mine();
  const bool changed = state_.holder != seen;
  const bool offered = (seen & quitting_bit) != 0 && !quitting;
  const bool free = !changed && (!seen_alive || offered || now - state_.beat > longest_silence);
  if (!mine && !free) return false;
  state_.beat = now;
  state_.holder = quitting ? self_ | quitting_bit : self_;
  return true;
}

void lease::release() {
  const zone::lock held(zone_);
  if (is_mine()) state_.holder = 0;
}

bool lease::is_mine() const { return (state_.holder & ~quitting_bit) == self_; }

}  // namespace gatehouse::session
