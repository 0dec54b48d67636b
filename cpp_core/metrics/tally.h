// What one worker has counted for one realm since it last added it to what all workers share: a request costs an
// addition in the worker's own memory.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
#include <utility>

#include "base/clock.h"
#include "metrics/metric.h"

namespace gatehouse::metrics {

using shared_words = std::span<std::atomic<std::uint64_t>, words>;

class tally {
 public:
  void add(counter which) noexcept { ++own_[place_of(which)]; }

  void took(timing which, steady_time since) noexcept {
    const auto passed = std::chrono::duration_cast<std::chrono::microseconds>(steady_now() - since).count();
    const auto micros = static_cast<std::uint64_t>(std::max<std::int64_t>(passed, 0));
    std::uint64_t* const at = &own_[place_of(which)];
    ++at[std::ranges::lower_bound(bounds, micros) - bounds.begin()];
    at[bounds.size() + 1] += micros;
  }

  void move_to(shared_words shared) noexcept {
    for (std::size_t i = 0; i < words; ++i) {
      if (own_[i] != 0) shared[i].fetch_add(std::exchange(own_[i], 0), std::memory_order_relaxed);
    }
  }

 private:
  std::array<std::uint64_t, words> own_{};
};

}  // namespace gatehouse::metrics
