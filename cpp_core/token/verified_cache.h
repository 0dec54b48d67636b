// What verified tokens turned out to mean, by the SHA-256 of their text, so that a token is verified once a worker. The
// least recently used entry makes room. Tokens of different realms are kept apart by a cache for each.
//
// Fixed memory, taken at construction: find() and insert() allocate nothing of their own. One thread.
#pragma once

#include <openssl/crypto.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/sha256.h"

namespace gatehouse::token {

// Value: cheap to move, and empty when default-constructed, such as a counted pointer.
template <class Value>
class verified_cache {
 public:
  explicit verified_cache(std::size_t capacity)
      : entries_(std::clamp<std::size_t>(capacity, 1, none)), buckets_(std::bit_ceil(entries_.size()), none) {
    for (index i = 0; i < entries_.size(); ++i) put_first(i);
  }
  verified_cache(const verified_cache&) = delete;
  verified_cache& operator=(const verified_cache&) = delete;

  // Null: not known, or expired at `now`. The pointer holds until the next call.
  const Value* find(const sha256_digest& token, unix_seconds now) {
    const index found = look_up(token);
    if (found == none) return nullptr;
    if (entries_[found].expires_at <= now) {
      forget(found);
      return nullptr;
    }
    use(found);
    return &entries_[found].value;
  }

  // In place of what was known of the token, or of the entry least recently used.
  void insert(const sha256_digest& token, Value value, unix_seconds expires_at) {
    index at = look_up(token);
    if (at == none) {
      at = last_;
      unchain(at);
      entries_[at].token = token;
      chain(at);
    }
    entries_[at].value = std::move(value);
    entries_[at].expires_at = expires_at;
    use(at);
  }

 private:
  using index = std::uint32_t;
  static constexpr index none = std::numeric_limits<index>::max();

  struct entry {
    sha256_digest token{};
    unix_seconds expires_at = 0;
    Value value{};
    bool chained = false;  // in a bucket, so that look_up() finds it
    index next_in_bucket = none;
    index newer = none;  // every entry, used or not, is in the list from first_ (newest) to last_
    index older = none;
  };

  // The prefix of a digest chooses the bucket, and that takes a time one may measure. It tells nothing of use: whoever
  // tries texts knows their digests already, and cannot walk from a known prefix towards a token, for that is a
  // preimage of SHA-256. Long chains cannot be forced either: only verified tokens are inserted. Within a bucket
  // the comparison takes the same time for any digest (REQUIREMENTS 18).
  index& bucket(const sha256_digest& token) {
    std::uint32_t prefix = 0;
    std::memcpy(&prefix, token.data(), sizeof prefix);
    return buckets_[prefix & (buckets_.size() - 1)];
  }

  index look_up(const sha256_digest& token) {
    index at = bucket(token);
    while (at != none && CRYPTO_memcmp(entries_[at].token.data(), token.data(), token.size()) != 0) {
      at = entries_[at].next_in_bucket;
    }
    return at;
  }

  void chain(index at) {
    index& head = bucket(entries_[at].token);
    entries_[at].next_in_bucket = std::exchange(head, at);
    entries_[at].chained = true;
  }

  void unchain(index at) {
    if (!std::exchange(entries_[at].chained, false)) return;
    index* link = &bucket(entries_[at].token);
    while (*link != at) link = &entries_[*link].next_in_bucket;
    *link = entries_[at].next_in_bucket;
  }

  // Its memory is the next to be used again.
  void forget(index at) {
    unchain(at);
    entries_[at].value = Value();
    take_out(at);
    put_last(at);
  }

  void use(index at) {
    if (at == first_) return;
    take_out(at);
    put_first(at);
  }

  void take_out(index at) {
    const entry& gone = entries_[at];
    (gone.newer == none ? first_ : entries_[gone.newer].older) = gone.older;
    (gone.older == none ? last_ : entries_[gone.older].newer) = gone.newer;
  }

  void put_first(index at) {
    entries_[at].newer = none;
    entries_[at].older = first_;
    (first_ == none ? last_ : entries_[first_].newer) = at;
    first_ = at;
  }

  void put_last(index at) {
    entries_[at].older = none;
    entries_[at].newer = last_;
    (last_ == none ? first_ : entries_[last_].older) = at;
    last_ = at;
  }

  std::vector<entry> entries_;
  std::vector<index> buckets_;
  index first_ = none;
  index last_ = none;
};

}  // namespace gatehouse::token
