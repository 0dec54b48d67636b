#include "session/revocations.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <optional>
#include <string>

namespace gatehouse::session {

namespace {

using word = std::atomic<std::uint64_t>;
static_assert(word::is_always_lock_free, "a lock would not be shared between processes");

constexpr std::size_t slots = 8;
constexpr std::size_t sampled_buckets = 4096;
constexpr std::size_t usual_fill = 75;  // of 100 slots are taken when an entry first finds none in its buckets

// The state word of a slot: until (32 bits, 0: free) | count (13) | kind (2) | realm (7) | tag of the subject (10).
static_assert(places::room == 128, "the number of a realm's place has 7 bits");
struct slot_state {
  std::uint64_t bits = 0;

  static slot_state make(unix_seconds until, std::uint64_t count, revocation::type kind, unsigned realm,
                         const mark& subject) {
    const auto last = static_cast<std::uint64_t>(std::clamp<unix_seconds>(until, 0, UINT32_MAX));
    return {last << 32 | (count & 0x1fff) << 19 | static_cast<std::uint64_t>(kind) << 17 | std::uint64_t{realm} << 10 |
            tag_of(subject)};
  }
  static std::uint64_t tag_of(const mark& subject) { return subject.low >> 54; }

  unix_seconds until() const { return static_cast<unix_seconds>(bits >> 32); }
  std::uint64_t count() const { return bits >> 19 & 0x1fff; }
  revocation::type kind() const { return static_cast<revocation::type>(bits >> 17 & 3); }
  unsigned realm() const { return static_cast<unsigned>(bits >> 10 & 0x7f); }
  std::uint64_t tag() const { return bits & 0x3ff; }

  bool live(unix_seconds now) const { return until() > now; }
  slot_state voided() const { return {bits & 0xffffffff}; }
};

// Each word acquires and releases: a reader that sees a word of a later entry then also sees that the state has
// changed.
struct slot_body {
  std::array<word, 5> words;

  // From the last word to the first: see add().
  void write(const revocation& what) {
    const std::uint64_t values[] = {what.subject.high, what.subject.low, static_cast<std::uint64_t>(what.least),
                                    what.keep.high, what.keep.low};
    for (std::size_t i = words.size(); i-- > 0;) words[i].store(values[i], std::memory_order_release);
  }

  revocation read(slot_state state) const {
    std::uint64_t values[5] = {};
    for (std::size_t i = 0; i < words.size(); ++i) values[i] = words[i].load(std::memory_order_acquire);
    revocation what;
    what.kind = state.kind();
    what.until = state.until();
    what.subject = {values[0], values[1]};
    what.least = static_cast<std::int64_t>(values[2]);
    what.keep = {values[3], values[4]};
    return what;
  }
};

// Of a session and of a user there is one entry of each kind: the latest change means all that the earlier ones meant.
bool same_place(const revocation& a, const revocation& b) { return a.kind == b.kind && a.subject == b.subject; }

}  // namespace

struct revocations::region {
  places all;
  std::atomic<unix_seconds> told_of_fill;
  std::atomic<unix_seconds> until;  // from then on no entry of any realm lives
};

struct alignas(64) revocations::bucket {
  std::array<word, slots> states;  // a cache line: most look-ups end here
  std::array<slot_body, slots> bodies;

  slot_state state(std::size_t i) const { return {states[i].load(std::memory_order_acquire)}; }
  void publish(std::size_t i, slot_state state) { states[i].store(state.bits, std::memory_order_release); }

  // The entry of a slot if it is alive.
  std::optional<revocation> read(std::size_t i, unix_seconds now) const {
    for (;;) {
      const slot_state before = state(i);
      if (!before.live(now)) return {};
      const revocation found = bodies[i].read(before);
      if (state(i).bits == before.bits) return found;  // else it has been rewritten meanwhile
    }
  }
};

result<revocations> revocations::attach(const zone& in, std::string_view realm, const redis::options& at) {
  const std::span<std::byte> memory = in.revocations();
  const std::size_t table = (sizeof(region) + alignof(bucket) - 1) / alignof(bucket) * alignof(bucket);
  revocations opened;
  opened.zone_ = &in;
  opened.region_ = &region_of(in);
  opened.buckets_ = {reinterpret_cast<bucket*>(memory.data() + table), (memory.size() - table) / sizeof(bucket)};

  const place_name name(realm, at);
  const zone::lock held(in);
  const result<std::size_t> place = opened.region_->all.take(name, steady_seconds());
  if (!place) return place.failure();
  opened.state_ = &opened.region_->all[*place];
  opened.realm_ = static_cast<unsigned>(*place);
  return opened;
}

// Zeroed memory is an empty table.
revocations::region& revocations::region_of(const zone& in) {
  return *reinterpret_cast<region*>(in.revocations().data());
}

places& revocations::places_of(const zone& in) { return region_of(in).all; }
std::atomic<unix_seconds>& revocations::told_of_fill(const zone& in) { return region_of(in).told_of_fill; }

revocations::bucket& revocations::bucket_of(std::uint64_t hash) const { return buckets_[hash % buckets_.size()]; }

standing revocations::judge(const holder& token, unix_seconds now) const {
  const bool none_lives = region_->until.load(std::memory_order_acquire) <= now;
  const standing told = none_lives ? standing::valid : judge_session(token, now);
  if (told == standing::valid && token.issued_at <= floor()) return standing::expired;
  return told;
}

standing revocations::judge_session(const holder& session, unix_seconds now) const {
  standing worst = standing::valid;
  for_subject(session.session, now, [&](const revocation& found) {
    if (found.kind == revocation::type::session) worst = standing::revoked;
    if (found.kind == revocation::type::session_raised && session.auth_time < found.least) {
      worst = std::max(worst, standing::expired);
    }
  });
  for_subject(session.user, now, [&](const revocation& found) {
    if (found.kind != revocation::type::user_kill && found.kind != revocation::type::user_expire) return;
    if (session.auth_version >= found.least || found.keep == session.session) return;
    worst = std::max(worst, found.kind == revocation::type::user_kill ? standing::revoked : standing::expired);
  });
  return worst;
}

template <class F>
void revocations::for_subject(const mark& subject, unix_seconds now, F hit) const {
  const std::uint64_t tag = slot_state::tag_of(subject);
  for (const bucket* each : {&bucket_of(subject.high), &bucket_of(subject.low)}) {
#pragma GCC unroll 8
    for (std::size_t i = 0; i < slots; ++i) {
      if (each->state(i).tag() != tag) continue;  // nearly always
      const std::optional<revocation> found = each->read(i, now);
      if (found && found->subject == subject) hit(*found);
    }
  }
}

void revocations::add(const revocation& what, unix_seconds now) {
  if (what.until <= now) return;
  const zone::lock held(*zone_);
  raise(region_->until, what.until);
  raise(state_->until, what.until);
  raise(state_->latest, what.at);

  slot taken;
  std::size_t most_free = 0;
  for (bucket* each : {&bucket_of(what.subject.high), &bucket_of(what.subject.low)}) {
    std::size_t free = 0;
    std::size_t last_free = 0;
    for (std::size_t i = 0; i < slots; ++i) {
      const std::optional<revocation> found = each->read(i, now);
      if (found && same_place(*found, what)) {
        const unix_seconds until = std::max(found->until, what.until);
        if (found->least >= what.least && found->until == until) return;
        // Not voided first, lest the earlier change be missed for a moment: whoever reads in between may see the new
        // `keep` beside the old `least`, and every token that this lets in one of the two changes lets in.
        if (found->least < what.least) each->bodies[i].write(what);
        const slot_state old = each->state(i);
        return each->publish(i, slot_state::make(until, old.count() + 1, what.kind, realm_, what.subject));
      }
      if (!found) {
        ++free;
        last_free = i;
      }
    }
    if (free > most_free) {
      taken = {each, last_free};
      most_free = free;
    }
  }

  places& all = region_->all;
  if (taken.in == nullptr) {
    taken = slot_of_greedier_realm(what.subject);
    if (taken.in == nullptr) return all.raise_floor(realm_, what.at);
    const unsigned other = taken.in->state(taken.number).realm();
    all.raise_floor(other, all[other].latest);  // before its entry goes
  }
  const slot_state old = taken.in->state(taken.number);
  taken.in->publish(taken.number, old.voided());
  taken.in->bodies[taken.number].write(what);
  taken.in->publish(taken.number, slot_state::make(what.until, old.count() + 1, what.kind, realm_, what.subject));
}

// Of the slots that an entry of the subject may take, all of them full: one of the realm that has most, if this one has
// less even with one more. Marks are spread evenly, so these few slots show who fills the table.
revocations::slot revocations::slot_of_greedier_realm(const mark& subject) const {
  std::array<unsigned, places::room> held{};
  slot found;
  unsigned most = held[realm_];
  for (const bool counting : {true, false}) {
    for (bucket* each : {&bucket_of(subject.high), &bucket_of(subject.low)}) {
      for (std::size_t i = 0; i < slots; ++i) {
        const unsigned realm = each->state(i).realm();
        if (counting) {
          ++held[realm];
        } else if (held[realm] > std::max(most, held[realm_] + 1)) {
          most = held[realm];
          found = {each, i};
        }
      }
    }
  }
  return found;
}

std::vector<revocation> revocations::live(unix_seconds now) const {
  std::vector<revocation> all;
  for (const bucket& each : buckets_) {
    for (std::size_t i = 0; i < slots; ++i) {
      if (each.state(i).realm() != realm_) continue;
      const std::optional<revocation> found = each.read(i, now);
      if (found) all.push_back(*found);
    }
  }
  return all;
}

unsigned revocations::percent_full(unix_seconds now) const {
  const std::size_t step = std::max<std::size_t>(1, buckets_.size() / sampled_buckets);
  std::size_t seen = 0;
  std::size_t live = 0;
  for (std::size_t at = 0; at < buckets_.size(); at += step) {
    for (std::size_t i = 0; i < slots; ++i) live += buckets_[at].state(i).live(now) ? 1 : 0;
    seen += slots;
  }
  return static_cast<unsigned>(live * 100 * 100 / (seen * usual_fill));
}

}  // namespace gatehouse::session
