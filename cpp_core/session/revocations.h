// Which access tokens are no longer good, although signed and unexpired: one realm's view of the table that all
// workers share. Read for every guarded request: two cache lines a look-up, no lock, no allocation.
//
// The table is an array of buckets of eight slots; an entry may be in either of two buckets, so a look-up is bounded
// and the table fills almost wholly. A slot is a state word and a body. Writers hold the zone's mutex: they take only a
// free slot (empty or expired), void its state, write the body, publish the new state last; a later change of a user
// overwrites the earlier one of its kind. A reader takes the state,
// then the body, then looks whether the state is still the same; the state carries a count, so a slot that was given
// away in between shows. This is a seqlock whose writer never leaves it locked: killed in the middle, the slot is
// merely free.
//
// An entry that finds no room raises its realm's floor instead: every access token of the realm that was issued up to
// that moment counts as expired. Live sessions refresh, dead ones cannot. No entry gives way before it expires, but for
// one: where another realm has taken more of the slots than the entry's own, one of that realm's goes and that realm's
// floor rises, so that a flood in one realm expires no token of another.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "redis/options.h"
#include "session/mark.h"
#include "session/places.h"
#include "session/realm_state.h"
#include "session/zone.h"

namespace gatehouse::session {

struct revocation {
  enum class type { session_raised = 0, session = 1, user_kill = 2, user_expire = 3 };

  type kind = type::session;
  mark subject;  // the session, or the user
  // Of a user: tokens with a lower auth_version are meant. Of a session that was raised: those with an earlier
  // auth_time.
  std::int64_t least = 0;
  mark keep;            // of a user: the session that is not meant
  unix_seconds at = 0;  // when it happened, on Redis' clock
  // From then on no token that it could mean is alive: by steady_seconds() in the table, on Redis' clock in the feed.
  unix_seconds until = 0;
};

enum class standing {
  valid,
  expired,  // as if past its exp: refresh
  revoked,
};

// What an access token is judged by; the marks are of its sid and sub.
struct holder {
  mark session;
  mark user;
  std::int64_t auth_version = 0;
  unix_seconds issued_at = 0;
  unix_seconds auth_time = 0;
};

class revocations {
 public:
  // By the realm's place in the zone; what the table holds is known to all. Fails when there is no place left, which
  // the master has seen to there is.
  static result<revocations> attach(const zone& in, std::string_view realm, const redis::options& at = {});

  // `now`, here and below, is steady_seconds(): nobody sets that clock, so no entry is lost while the time is wrong.
  standing judge(const holder& token, unix_seconds now) const;
  // The same for a session as Redis knows it, whatever the floor: if it is not valid, Redis has forgotten something.
  standing judge_session(const holder& session, unix_seconds now) const;

  void add(const revocation& what, unix_seconds now);

  // All of this realm that is alive, without `at`. Reads the whole table.
  std::vector<revocation> live(unix_seconds now) const;

  unix_seconds floor() const { return state_->floor.load(std::memory_order_acquire); }

  // How much of it is taken, by a sample: at 100 the first floors rise.
  unsigned percent_full(unix_seconds now) const;

  // Has the realm's feed ever been read to its end? If not nobody can be let in: 503. And how long ago was it last?
  bool synchronised() const { return state_->read_at.load(std::memory_order_relaxed) != 0; }
  millis age() const { return millis{steady_millis() - state_->read_at.load(std::memory_order_relaxed)}; }

  realm_state& state() const { return *state_; }
  const zone& shared() const { return *zone_; }

  // Of a zone that has been laid out.
  static places& places_of(const zone& in);
  // When the log was told that the table is nearly full; 0: not since it was not.
  static std::atomic<unix_seconds>& told_of_fill(const zone& in);

 private:
  struct region;
  struct bucket;

  revocations() = default;
  static region& region_of(const zone& in);
  bucket& bucket_of(std::uint64_t hash) const;
  struct slot {
    bucket* in = nullptr;
    std::size_t number = 0;
  };
  slot slot_of_greedier_realm(const mark& subject) const;
  template <class F>
  void for_subject(const mark& subject, unix_seconds now, F hit) const;

  const zone* zone_ = nullptr;
  region* region_ = nullptr;
  std::span<bucket> buckets_;
  realm_state* state_ = nullptr;
  unsigned realm_ = 0;  // the number of its place
};

}  // namespace gatehouse::session
