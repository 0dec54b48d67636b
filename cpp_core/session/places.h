// The places of a zone: one for each pair of a realm and a Redis that it is kept in, by what the operator has written,
// so that workers of an old and a new configuration do not follow one feed in the place of the other.
//
// The master takes those of a new configuration while it reads it, and refuses it where there are not enough. A place
// is free again when neither the configuration that runs nor any worker that lives uses it, and what its revocations
// meant is over: then it goes to the next pair that asks.
//
// In shared memory, where all zero is empty. Every call is made under the zone's mutex.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "redis/options.h"
#include "session/mark.h"
#include "session/realm_state.h"

namespace gatehouse::session {

struct place_name {
  place_name(std::string_view realm, const redis::options& at);

  mark pair;
  std::uint64_t realm = 0;  // stands for the realm alone
};

class places {
 public:
  static constexpr std::size_t most_realms = 64;        // in one configuration
  static constexpr std::size_t room = 2 * most_realms;  // the workers of two configurations may live at once
  using set = std::bitset<room>;

  // For a new configuration, in the master. It counts as used once the configuration runs: settle().
  result<set> reserve(std::span<const place_name> wanted, unix_seconds now);
  void settle(const set& used);

  // For this worker, which uses it from now on until it leaves or dies.
  result<std::size_t> take(const place_name& wanted, unix_seconds now);
  void leave();

  realm_state& operator[](std::size_t number) { return all_[number]; }
  // A floor is the realm's, whichever of its places has run out of room.
  void raise_floor(std::size_t number, unix_seconds to);

 private:
  class shared_set {
   public:
    void store(const set& numbers);
    void insert(std::size_t number);
    set load() const;

   private:
    std::array<std::atomic<std::uint64_t>, room / 64> words_;
  };
  struct tenant {                   // a worker
    std::atomic<std::int64_t> pid;  // 0: none
    shared_set held;
  };

  set in_use();
  result<std::size_t> find_or_claim(const place_name& wanted, const set& kept, unix_seconds now);
  tenant* tenant_of_this_process();

  std::array<realm_state, room> all_;
  std::array<tenant, 1024> tenants_;
  shared_set settled_;
};

}  // namespace gatehouse::session
