// Adds a worker's counts to the shared ones, every second and at its end.
#pragma once

#include <utility>
#include <vector>

#include "host/host.h"
#include "metrics/tally.h"

namespace gatehouse::metrics {

class recorder {
 public:
  explicit recorder(host& on) : timer_(on) {}
  ~recorder() { move(); }
  recorder(const recorder&) = delete;
  recorder& operator=(const recorder&) = delete;

  // Both outlive this.
  void watch(tally& counted, shared_words sum) { watched_.emplace_back(&counted, sum); }
  void start() {
    auto fire = [this] {
      move();
      start();
    };
    timer_.start(millis(1000), fire, true);
  }
  void move() noexcept {
    for (const auto& [counted, sum] : watched_) counted->move_to(sum);
  }

 private:
  timer timer_;
  std::vector<std::pair<tally*, shared_words>> watched_;
};

}  // namespace gatehouse::metrics
