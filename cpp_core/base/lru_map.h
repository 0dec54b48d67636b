// What was last used of what has been remembered, by SHA-256: the least recently used entry makes room. Finding
// allocates nothing. One thread.
#pragma once

#include <cstddef>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/sha256.h"

namespace gatehouse {

template <class Value>
class lru_map {
 public:
  explicit lru_map(std::size_t most) : most_(most) {}

  // Null: not known. The pointer holds until the entry is forgotten or has made room.
  Value* find(const sha256_digest& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return &found->second->second;
  }

  // In place of what was known.
  void insert(const sha256_digest& key, Value value) {
    forget(key);
    if (entries_.size() >= most_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, std::move(value));
    index_.emplace(key, entries_.begin());
  }

  void forget(const sha256_digest& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct prefix {
    std::size_t operator()(const sha256_digest& key) const {
      std::size_t begin = 0;
      std::memcpy(&begin, key.data(), sizeof begin);
      return begin;
    }
  };
  using entries = std::list<std::pair<sha256_digest, Value>>;

  const std::size_t most_;
  entries entries_;  // the last used first
  std::unordered_map<sha256_digest, typename entries::iterator, prefix> index_;
};

}  // namespace gatehouse
