#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <random>
#include <string>

#include "token/verified_cache.h"

namespace gatehouse::token {
namespace {

constexpr unix_seconds cache_moment = 1'700'000'000;

sha256_digest digest_of(int number) {
  static sha256_hasher hash;
  return hash(std::to_string(number));
}

using shared = std::shared_ptr<int>;

int found(verified_cache<shared>& cache, const sha256_digest& token, unix_seconds at = cache_moment) {
  const shared* value = cache.find(token, at);
  return value == nullptr ? -1 : **value;
}

TEST(verified_cache, finds_what_was_put_in_and_nothing_else) {
  verified_cache<shared> cache(4);
  EXPECT_EQ(cache.find(sha256_digest{}, cache_moment),
            nullptr);  // of an empty cache: no entry counts, not even an all-zero one
  cache.insert(digest_of(1), std::make_shared<int>(1), cache_moment + 10);
  EXPECT_EQ(found(cache, digest_of(1)), 1);
  EXPECT_EQ(cache.find(digest_of(2), cache_moment), nullptr);
  EXPECT_EQ(cache.find(sha256_digest{}, cache_moment), nullptr);
}

TEST(verified_cache, the_whole_digest_counts) {
  verified_cache<shared> cache(4);
  const sha256_digest token = digest_of(1);
  cache.insert(token, std::make_shared<int>(1), cache_moment + 10);
  for (std::size_t bit = 0; bit < 256; ++bit) {
    sha256_digest other = token;
    other[bit / 8] = static_cast<std::uint8_t>(other[bit / 8] ^ 1 << bit % 8);
    EXPECT_EQ(cache.find(other, cache_moment), nullptr) << bit;
  }
}

TEST(verified_cache, an_entry_dies_when_its_token_does) {
  verified_cache<shared> cache(4);
  const auto value = std::make_shared<int>(1);
  cache.insert(digest_of(1), value, cache_moment + 10);
  EXPECT_EQ(found(cache, digest_of(1), cache_moment + 9), 1);
  EXPECT_EQ(cache.find(digest_of(1), cache_moment + 10), nullptr);
  EXPECT_EQ(value.use_count(), 1);                             // and lets go of its value
  EXPECT_EQ(cache.find(digest_of(1), cache_moment), nullptr);  // for good
  cache.insert(digest_of(1), value, cache_moment + 20);
  EXPECT_EQ(found(cache, digest_of(1), cache_moment + 19), 1);
}

TEST(verified_cache, inserting_again_replaces) {
  verified_cache<shared> cache(2);
  const auto first = std::make_shared<int>(1);
  cache.insert(digest_of(1), first, cache_moment + 10);
  cache.insert(digest_of(1), std::make_shared<int>(2), cache_moment + 20);
  EXPECT_EQ(found(cache, digest_of(1), cache_moment + 15), 2);
  EXPECT_EQ(first.use_count(), 1);
}

TEST(verified_cache, the_least_recently_used_makes_room) {
  verified_cache<shared> cache(3);
  for (int i = 1; i <= 3; ++i) cache.insert(digest_of(i), std::make_shared<int>(i), cache_moment + 10);
  EXPECT_EQ(found(cache, digest_of(1)), 1);  // so 2 is the oldest
  cache.insert(digest_of(4), std::make_shared<int>(4), cache_moment + 10);
  EXPECT_EQ(found(cache, digest_of(2)), -1);
  EXPECT_EQ(found(cache, digest_of(3)), 3);
  EXPECT_EQ(found(cache, digest_of(1)), 1);
  EXPECT_EQ(found(cache, digest_of(4)), 4);
}

TEST(verified_cache, an_expired_entry_makes_room_first) {
  verified_cache<shared> cache(3);
  cache.insert(digest_of(1), std::make_shared<int>(1), cache_moment + 100);
  cache.insert(digest_of(2), std::make_shared<int>(2), cache_moment + 100);
  cache.insert(digest_of(3), std::make_shared<int>(3), cache_moment + 1);
  EXPECT_EQ(found(cache, digest_of(3), cache_moment + 1), -1);
  cache.insert(digest_of(4), std::make_shared<int>(4), cache_moment + 100);
  EXPECT_EQ(found(cache, digest_of(1)), 1);
  EXPECT_EQ(found(cache, digest_of(2)), 2);
  EXPECT_EQ(found(cache, digest_of(4)), 4);
}

TEST(verified_cache, one_entry_is_enough_and_zero_counts_as_one) {
  for (const std::size_t capacity : {0, 1}) {
    verified_cache<shared> cache(capacity);
    for (int i = 0; i < 5; ++i) {
      cache.insert(digest_of(i), std::make_shared<int>(i), cache_moment + 10);
      EXPECT_EQ(found(cache, digest_of(i)), i);
      EXPECT_EQ(found(cache, digest_of(i - 1)), -1);
    }
  }
}

TEST(verified_cache, lets_go_of_its_values) {
  const auto value = std::make_shared<int>(1);
  {
    verified_cache<shared> cache(8);
    for (int i = 0; i < 100; ++i) cache.insert(digest_of(i), value, cache_moment + 10);
    EXPECT_EQ(value.use_count(), 1 + 8);
  }
  EXPECT_EQ(value.use_count(), 1);
}

// The obvious cache, to compare with: a list, newest first.
class model {
 public:
  explicit model(std::size_t capacity) : capacity_(capacity) {}

  int find(int token, unix_seconds at) {
    const auto entry = std::ranges::find(entries_, token, &entry::token);
    if (entry == entries_.end()) return -1;
    if (entry->expires_at <= at) {
      entries_.erase(entry);
      return -1;
    }
    entries_.splice(entries_.begin(), entries_, entry);
    return entry->value;
  }

  void insert(int token, int value, unix_seconds expires_at) {
    std::erase_if(entries_, [&](const entry& e) { return e.token == token; });
    if (entries_.size() == capacity_) entries_.pop_back();
    entries_.push_front({token, value, expires_at});
  }

 private:
  struct entry {
    int token, value;
    unix_seconds expires_at;
  };
  std::size_t capacity_;
  std::list<entry> entries_;
};

TEST(verified_cache, agrees_with_the_obvious_cache) {
  std::mt19937 random(1);  // NOLINT: the same numbers every time
  for (const std::size_t capacity : {1, 2, 7, 64}) {
    verified_cache<shared> cache(capacity);
    model expected(capacity);
    for (int step = 0; step < 20000; ++step) {
      const int token = static_cast<int>(random() % (capacity * 2 + 1));
      const unix_seconds at = cache_moment + step / 10;
      if (random() % 3 == 0) {
        const unix_seconds expires_at = at + 1 + random() % 30;
        cache.insert(digest_of(token), std::make_shared<int>(step), expires_at);
        expected.insert(token, step, expires_at);
      } else {
        ASSERT_EQ(found(cache, digest_of(token), at), expected.find(token, at)) << capacity << " " << step;
      }
    }
  }
}

}  // namespace
}  // namespace gatehouse::token
