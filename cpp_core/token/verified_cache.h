// What verified tokens turned out to mean, by their text, so that a token is verified once a worker. The least recently
// used entry makes room. Tokens of different realms are kept apart by a cache for each.
//
// A tag finds a token and the whole text decides, compared in a time that says nothing of its contents (REQUIREMENTS
// 18). So nothing rests on the tag, and as only verified tokens come in nobody can make the chains of a bucket long.
// Texts are wiped when they give way.
//
// find() allocates nothing, insert() the text of the token. One thread.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/secret.h"
#include "token/token_tag.h"

namespace gatehouse::token {

// Value: cheap to move, and empty when default-constructed, such as a counted pointer. Tag: other than token_tag only
// to make tokens meet, in tests.
template <class Value, class Tag = token_tag>
class verified_cache {
 public:
  static constexpr std::size_t most_token_bytes = 2048;  // a longer one is not kept

  explicit verified_cache(std::size_t capacity)
      : capacity_(std::clamp<std::size_t>(capacity, 1, none)), buckets_(std::bit_ceil(capacity_), none) {
    entries_.reserve(capacity_);  // of which the system gives what is used
  }
  verified_cache(const verified_cache&) = delete;
  verified_cache& operator=(const verified_cache&) = delete;

  // Null: not known, or expired at `now`. The pointer holds until the next call.
  const Value* find(std::string_view token, unix_seconds now) {
    const index found = look_up(tag_(token), token);
    if (found == none) return nullptr;
    if (entries_[found].expires_at <= now) {
      forget(found);
      return nullptr;
    }
    use(found);
    return &entries_[found].value;
  }

  // In place of what was known of the token, or of the entry least recently used.
  void insert(std::string_view token, Value value, unix_seconds expires_at) {
    if (token.size() > most_token_bytes) return;
    const std::uint64_t tag = tag_(token);
    index at = look_up(tag, token);
    if (at == none) {
      secret text(token);
      at = make_room();
      entries_[at].text = std::move(text);
      entries_[at].tag = tag;
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
    std::uint64_t tag = 0;
    secret text;  // empty: free, and in no bucket
    unix_seconds expires_at = 0;
    Value value{};
    index next_in_bucket = none;
    index newer = none;  // every entry, free ones too, is in the list from first_ (newest) to last_
    index older = none;
  };

  index& bucket(std::uint64_t tag) { return buckets_[tag & (buckets_.size() - 1)]; }

  index look_up(std::uint64_t tag, std::string_view token) {
    index at = bucket(tag);
    while (at != none && !(entries_[at].tag == tag && same_bytes(entries_[at].text.reveal(), token))) {
      at = entries_[at].next_in_bucket;
    }
    return at;
  }

  void chain(index at) {
    index& head = bucket(entries_[at].tag);
    entries_[at].next_in_bucket = std::exchange(head, at);
  }

  void unchain(index at) {
    index* link = &bucket(entries_[at].tag);
    while (*link != at) link = &entries_[*link].next_in_bucket;
    *link = entries_[at].next_in_bucket;
  }

  // A free entry, where one is left.
  index make_room() {
    const bool last_is_free = last_ != none && entries_[last_].text.empty();
    if (!last_is_free && entries_.size() < capacity_) {
      entries_.emplace_back();
      put_first(static_cast<index>(entries_.size() - 1));
      return first_;
    }
    if (!last_is_free) forget(last_);
    return last_;
  }

  // Its memory is the next to be used again.
  void forget(index at) {
    unchain(at);
    entries_[at].text = secret();
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

  Tag tag_;
  std::size_t capacity_;
  std::vector<entry> entries_;
  std::vector<index> buckets_;
  index first_ = none;
  index last_ = none;
};

}  // namespace gatehouse::token
