#include "session/places.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>
#include <string>

namespace gatehouse::session {

namespace {

bool is_running(std::int64_t pid) { return kill(static_cast<pid_t>(pid), 0) == 0 || errno != ESRCH; }

mark pair_of(const realm_state& place) { return {place.high, place.low}; }

}  // namespace

place_name::place_name(std::string_view realm_name, const redis::options& at)
    : pair(realm_mark(realm_name, at.place())), realm(realm_mark(realm_name, "").low) {}

void places::shared_set::store(const set& numbers) {
  const set word(UINT64_MAX);
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] = (numbers >> 64 * i & word).to_ullong();
}

void places::shared_set::insert(std::size_t number) { words_[number / 64] |= std::uint64_t{1} << number % 64; }

places::set places::shared_set::load() const {
  set numbers;
  for (std::size_t i = words_.size(); i-- > 0;) numbers = numbers << 64 | set(words_[i].load());
  return numbers;
}

result<places::set> places::reserve(std::span<const place_name> wanted, unix_seconds now) {
  set kept = in_use();
  for (std::size_t i = 0; i < room; ++i) {
    const auto is_this = [&](const place_name& name) { return name.pair == pair_of(all_[i]); };
    if (std::ranges::any_of(wanted, is_this)) kept.set(i);
  }
  set reserved;
  for (const place_name& name : wanted) {
    const result<std::size_t> number = find_or_claim(name, kept, now);
    if (!number) return number.failure();
    reserved.set(*number);
    kept.set(*number);
  }
  return reserved;
}

void places::settle(const set& used) { settled_.store(used); }

result<std::size_t> places::take(const place_name& wanted, unix_seconds now) {
  tenant* const self = tenant_of_this_process();
  if (self == nullptr) {
    return error{fault::overloaded,
                 "gatehouse_zone: " + std::to_string(tenants_.size()) + " workers use it, and more cannot"};
  }
  const result<std::size_t> number = find_or_claim(wanted, in_use(), now);
  if (number) self->held.insert(*number);
  return number;
}

void places::leave() {
  for (tenant& each : tenants_) {
    if (each.pid == getpid()) each.pid = 0;
  }
}

void places::raise_floor(std::size_t number, unix_seconds to) {
  const std::uint64_t realm = all_[number].realm;
  for (realm_state& each : all_) {
    if (each.realm == realm) raise(each.floor, to);
  }
}

places::set places::in_use() {
  set numbers = settled_.load();
  for (tenant& each : tenants_) {
    if (each.pid == 0) continue;
    if (is_running(each.pid)) {
      numbers |= each.held.load();
    } else {
      each.pid = 0;
    }
  }
  return numbers;
}

// `kept`: those that may not be given to another pair.
result<std::size_t> places::find_or_claim(const place_name& wanted, const set& kept, unix_seconds now) {
  std::optional<std::size_t> free;
  std::optional<unix_seconds> first_free_at;
  for (std::size_t i = 0; i < room; ++i) {
    if (pair_of(all_[i]) == wanted.pair) return i;
    if (kept.test(i)) continue;
    const unix_seconds free_at = all_[i].until;
    if (free_at <= now && (!free || pair_of(all_[i]).empty())) free = i;
    if (free_at > now) first_free_at = std::min(free_at, first_free_at.value_or(free_at));
  }
  if (!free) {
    const std::string when = first_free_at ? "the first is free in " + std::to_string(*first_free_at - now) + " s"
                                           : "one is free when the workers of an older configuration have ended";
    return error{fault::overloaded, "gatehouse_zone: all " + std::to_string(room) +
                                        " places for pairs of a realm and its Redis are used by workers or hold "
                                        "revocations that still matter; reload again later: " +
                                        when};
  }

  realm_state* const place = new (&all_[*free]) realm_state();
  for (const realm_state& other : all_) {
    if (other.realm == wanted.realm) raise(place->floor, other.floor);
  }
  place->realm = wanted.realm;
  place->low = wanted.pair.low;
  place->high = wanted.pair.high;
  return *free;
}

places::tenant* places::tenant_of_this_process() {
  const std::int64_t self = getpid();
  tenant* free = nullptr;
  for (tenant& each : tenants_) {
    if (each.pid == self) return &each;
    if (free == nullptr && (each.pid == 0 || !is_running(each.pid))) free = &each;
  }
  if (free == nullptr) return nullptr;
  free->held.store({});
  free->pid = self;
  return free;
}

}  // namespace gatehouse::session
