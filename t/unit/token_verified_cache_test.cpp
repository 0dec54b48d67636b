#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <random>
#include <string>

#include "token/verified_cache.h"

namespace gatehouse::token {
namespace {

constexpr unix_seconds cache_moment = 1'700'000'000;

std::string token_of(int number) { return "header.payload-" + std::to_string(number) + std::string(80, 's'); }

using shared = std::shared_ptr<int>;

template <class Tag>
int found(verified_cache<shared, Tag>& cache, std::string_view token, unix_seconds at = cache_moment) {
  const shared* value = cache.find(token, at);
  return value == nullptr ? -1 : **value;
}

TEST(verified_cache, finds_what_was_put_in_and_nothing_else) {
  verified_cache<shared> cache(4);
  EXPECT_EQ(cache.find("", cache_moment), nullptr);
  cache.insert(token_of(1), std::make_shared<int>(1), cache_moment + 10);
  EXPECT_EQ(found(cache, token_of(1)), 1);
  EXPECT_EQ(cache.find(token_of(2), cache_moment), nullptr);
  EXPECT_EQ(cache.find("", cache_moment), nullptr);
}

TEST(verified_cache, the_whole_text_counts) {
  verified_cache<shared> cache(4);
  std::string token = token_of(1);
  cache.insert(token, std::make_shared<int>(1), cache_moment + 10);
  for (char& each : token) {
    for (int bit = 0; bit < 8; ++bit) {
      each = static_cast<char>(each ^ 1 << bit);
      EXPECT_EQ(cache.find(token, cache_moment), nullptr) << &each - token.data() << " " << bit;
      each = static_cast<char>(each ^ 1 << bit);
    }
  }
  EXPECT_EQ(cache.find(token.substr(1), cache_moment), nullptr);
  EXPECT_EQ(cache.find("h" + token, cache_moment), nullptr);
  EXPECT_EQ(found(cache, token), 1);
}

TEST(verified_cache, what_is_too_long_is_not_kept) {
  verified_cache<shared> cache(4);
  const std::string longest(verified_cache<shared>::most_token_bytes, 'x');
  cache.insert(longest, std::make_shared<int>(1), cache_moment + 10);
  cache.insert(longest + "x", std::make_shared<int>(2), cache_moment + 10);
  EXPECT_EQ(found(cache, longest), 1);
  EXPECT_EQ(found(cache, longest + "x"), -1);
}

TEST(verified_cache, an_entry_dies_when_its_token_does) {
  verified_cache<shared> cache(4);
  const auto value = std::make_shared<int>(1);
  cache.insert(token_of(1), value, cache_moment + 10);
  EXPECT_EQ(found(cache, token_of(1), cache_moment + 9), 1);
  EXPECT_EQ(cache.find(token_of(1), cache_moment + 10), nullptr);
  EXPECT_EQ(value.use_count(), 1);                            // and lets go of its value
  EXPECT_EQ(cache.find(token_of(1), cache_moment), nullptr);  // for good
  cache.insert(token_of(1), value, cache_moment + 20);
  EXPECT_EQ(found(cache, token_of(1), cache_moment + 19), 1);
}

TEST(verified_cache, inserting_again_replaces) {
  verified_cache<shared> cache(2);
  const auto first = std::make_shared<int>(1);
  cache.insert(token_of(1), first, cache_moment + 10);
  cache.insert(token_of(1), std::make_shared<int>(2), cache_moment + 20);
  EXPECT_EQ(found(cache, token_of(1), cache_moment + 15), 2);
  EXPECT_EQ(first.use_count(), 1);
}

TEST(verified_cache, the_least_recently_used_makes_room) {
  verified_cache<shared> cache(3);
  for (int i = 1; i <= 3; ++i) cache.insert(token_of(i), std::make_shared<int>(i), cache_moment + 10);
  EXPECT_EQ(found(cache, token_of(1)), 1);  // so 2 is the oldest
  cache.insert(token_of(4), std::make_shared<int>(4), cache_moment + 10);
  EXPECT_EQ(found(cache, token_of(2)), -1);
  EXPECT_EQ(found(cache, token_of(3)), 3);
  EXPECT_EQ(found(cache, token_of(1)), 1);
  EXPECT_EQ(found(cache, token_of(4)), 4);
}

TEST(verified_cache, an_expired_entry_makes_room_first) {
  verified_cache<shared> cache(3);
  cache.insert(token_of(1), std::make_shared<int>(1), cache_moment + 100);
  cache.insert(token_of(2), std::make_shared<int>(2), cache_moment + 100);
  cache.insert(token_of(3), std::make_shared<int>(3), cache_moment + 1);
  EXPECT_EQ(found(cache, token_of(3), cache_moment + 1), -1);
  cache.insert(token_of(4), std::make_shared<int>(4), cache_moment + 100);
  EXPECT_EQ(found(cache, token_of(1)), 1);
  EXPECT_EQ(found(cache, token_of(2)), 2);
  EXPECT_EQ(found(cache, token_of(4)), 4);
}

TEST(verified_cache, one_entry_is_enough_and_zero_counts_as_one) {
  for (const std::size_t capacity : {0, 1}) {
    verified_cache<shared> cache(capacity);
    for (int i = 0; i < 5; ++i) {
      cache.insert(token_of(i), std::make_shared<int>(i), cache_moment + 10);
      EXPECT_EQ(found(cache, token_of(i)), i);
      EXPECT_EQ(found(cache, token_of(i - 1)), -1);
    }
  }
}

TEST(verified_cache, lets_go_of_its_values) {
  const auto value = std::make_shared<int>(1);
  {
    verified_cache<shared> cache(8);
    for (int i = 0; i < 100; ++i) cache.insert(token_of(i), value, cache_moment + 10);
    EXPECT_EQ(value.use_count(), 1 + 8);
  }
  EXPECT_EQ(value.use_count(), 1);
}

// Tags of one bucket, and tags that are all the same.
struct one_bucket {
  std::uint64_t operator()(std::string_view token) const { return std::hash<std::string_view>()(token) << 32; }
};
struct one_tag {
  std::uint64_t operator()(std::string_view) const { return 7; }
};

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

template <class Tag>
class verified_cache_model : public testing::Test {};
using tags = testing::Types<token_tag, one_bucket, one_tag>;
TYPED_TEST_SUITE(verified_cache_model, tags);

// Whichever tokens meet in a bucket, and however often the entries have come round.
TYPED_TEST(verified_cache_model, agrees_with_the_obvious_cache) {
  std::mt19937 random(1);  // NOLINT: the same numbers every time
  for (const std::size_t capacity : {1, 2, 7, 64}) {
    verified_cache<shared, TypeParam> cache(capacity);
    model expected(capacity);
    for (int step = 0; step < 20000; ++step) {
      const int token = static_cast<int>(random() % (capacity * 2 + 1));
      const unix_seconds at = cache_moment + step / 10;
      if (random() % 3 == 0) {
        const unix_seconds expires_at = at + 1 + random() % 30;
        cache.insert(token_of(token), std::make_shared<int>(step), expires_at);
        expected.insert(token, step, expires_at);
      } else {
        ASSERT_EQ(found(cache, token_of(token), at), expected.find(token, at)) << capacity << " " << step;
      }
    }
  }
}

TEST(token_tag, is_keyed_and_hears_of_length_and_end) {
  const token_tag tag;
  const std::string token = token_of(1);
  EXPECT_EQ(tag(token), tag(token));
  EXPECT_NE(tag(token), token_tag()(token));
  EXPECT_NE(tag(token), tag(token + "s"));
  EXPECT_NE(tag(token), tag("x" + token));
  for (std::size_t i = token.size() - 24; i < token.size(); ++i) {
    std::string other = token;
    other[i] = '~';
    EXPECT_NE(tag(token), tag(other)) << i;
  }
  const std::string zero(1, '\0');
  EXPECT_NE(tag(""), tag(zero));
  EXPECT_NE(tag("a"), tag(zero + "a"));
}

}  // namespace
}  // namespace gatehouse::token
