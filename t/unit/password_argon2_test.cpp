#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstdlib>
#include <string>

#include "password/argon2.h"

namespace gatehouse::password {

namespace {

using namespace std::string_literals;

constexpr parameters cheap{64 * 1024, 1};

// Whether the hash of `first` is matched by `second`.
bool same(const std::string& first, const std::string& second) {
  const result<phc_string> made = argon2_hash(secret(first), cheap);
  const result<bool> matches = argon2_matches(secret(second), *made);
  return matches.ok() && *matches;
}

TEST(argon2, requirement_50_a_hash_is_argon2id_with_a_fresh_salt_of_128_bits) {
  const result<phc_string> one = argon2_hash(secret("correct horse"), parameters{});
  const result<phc_string> other = argon2_hash(secret("correct horse"), parameters{});
  ASSERT_TRUE(one.ok() && other.ok());
  EXPECT_TRUE(format_phc(*one).starts_with("$argon2id$v=19$m=19456,t=2,p=1$")) << format_phc(*one);
  EXPECT_EQ(one->salt.size(), 16U);
  EXPECT_EQ(one->hash.size(), 32U);
  EXPECT_NE(one->salt, other->salt);
  EXPECT_NE(one->hash, other->hash);
  EXPECT_TRUE(argon2_is_current(*one, parameters{}));
}

TEST(argon2, the_right_password_matches_and_no_other) {
  EXPECT_TRUE(same("correct horse", "correct horse"));
  EXPECT_FALSE(same("correct horse", "Correct horse"));
  EXPECT_FALSE(same("correct horse", ""));
  EXPECT_TRUE(same("", ""));
}

TEST(argon2, requirement_49_no_byte_is_cut_trimmed_or_the_end) {
  EXPECT_FALSE(same("correct horse", "correct horse "));
  EXPECT_FALSE(same("correct horse", " correct horse"));
  EXPECT_FALSE(same("correct horse", "correct horse\n"));
  EXPECT_FALSE(same("correct\0horse"s, "correct\0mouse"s));
  EXPECT_FALSE(same("correct\0"s, "correct"s));
  EXPECT_TRUE(same("correct\0horse"s, "correct\0horse"s));
  EXPECT_FALSE(same(std::string(72, 'a') + "b", std::string(72, 'a') + "c"));
  EXPECT_FALSE(same(std::string(1023, 'a') + "b", std::string(1023, 'a') + "c"));
  EXPECT_TRUE(same(std::string(1024, 'a'), std::string(1024, 'a')));
}

TEST(argon2, requirement_49_unicode_is_not_normalised) {
  EXPECT_FALSE(same("caf\u00e9 au lait", "cafe\u0301 au lait"));
  EXPECT_TRUE(same("cafe\u0301 au lait", "cafe\u0301 au lait"));
  EXPECT_FALSE(same("\uff50assword", "password"));  // full width: NFKC would make them one
}

// Made by the reference implementation, libargon2.
TEST(argon2, hashes_made_elsewhere_are_verified_with_any_lanes_salt_and_length) {
  for (const char* text : {
           "$argon2id$v=19$m=64,t=2,p=1$BQAAAAAAAAA$NBiUQvS4C7IeShteGNWRU+U7YO51AFqU",
           "$argon2id$v=19$m=64,t=2,p=1$BQAAAAAAAAAAAAAAAAAAAA$g3JpPF043DHgQhKf8h6piVLg/nXiZH+m",
           "$argon2id$v=19$m=64,t=2,p=1$BQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA$qcLP+/m/yExSHSofzcbWMRj1rinOSsRr",
           "$argon2id$v=19$m=64,t=2,p=2$BQAAAAAAAAAAAAAAAAAAAA$9LrO9EmjBnXwXgUY9LR5GRlc2FRmW3bl",
           "$argon2id$v=19$m=64,t=2,p=4$BQAAAAAAAAAAAAAAAAAAAA$AuZkrWwroj4G/e2EOGoYRBj3KwpItMGI",
           "$argon2i$v=19$m=64,t=3,p=1$BQAAAAAAAAAAAAAAAAAAAA$gcitKg4J8SepeF1Vk4VC7uFzQBfjDm9LleUVYc5SQEc",
           "$argon2i$v=19$m=64,t=3,p=4$BQAAAAAAAAAAAAAAAAAAAA$aMNU67fcW4+lHCMqA316knP1u/yRrl+TGSi9k+y5dYY",
       }) {
    const result<phc_string> parts = parse_phc(text);
    ASSERT_TRUE(parts.ok()) << text << ": " << parts.failure().what;
    EXPECT_TRUE(*argon2_matches(secret("secret password"), *parts)) << text;
    EXPECT_FALSE(*argon2_matches(secret("secret passworD"), *parts)) << text;
    EXPECT_FALSE(argon2_is_current(*parts, parts->cost)) << text;  // none has our lanes, salt and length
  }
}

TEST(argon2, requirement_50_a_hash_of_another_cost_is_not_current) {
  const result<phc_string> made = argon2_hash(secret("correct horse"), cheap);
  ASSERT_TRUE(made.ok());
  EXPECT_TRUE(argon2_is_current(*made, cheap));
  EXPECT_FALSE(argon2_is_current(*made, {cheap.memory, cheap.iterations + 1}));
  EXPECT_FALSE(argon2_is_current(*made, {cheap.memory / 2, cheap.iterations}));
  EXPECT_FALSE(argon2_is_current(*made, parameters{}));
}

TEST(argon2, requirement_52_a_decoy_has_the_shape_of_a_hash_and_matches_nothing) {
  const parameters cost{128 * 1024, 3};
  const phc_string decoy = argon2_decoy(cost);
  EXPECT_TRUE(argon2_is_current(decoy, cost));
  EXPECT_EQ(format_phc(decoy).size(), format_phc(*argon2_hash(secret("x"), cost)).size());
  EXPECT_NE(argon2_decoy(cost).hash, decoy.hash);
  EXPECT_FALSE(*argon2_matches(secret("correct horse"), decoy));
  EXPECT_FALSE(*argon2_matches(secret(""), decoy));
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // they need more address space than is left
TEST(argon2, no_memory_is_unavailable_and_not_a_wrong_password) {
  const auto starved = [] {
    const parameters large{512 << 20, 1};
    const rlimit little{256 << 20, 256 << 20};
    setrlimit(RLIMIT_AS, &little);
    const result<phc_string> made = argon2_hash(secret("correct horse"), large);
    const result<bool> matches = argon2_matches(secret("correct horse"), argon2_decoy(large));
    const bool told = !made.ok() && made.failure().kind == fault::unavailable && !matches.ok() &&
                      matches.failure().kind == fault::unavailable;
    std::_Exit(told ? 0 : 1);
  };
  EXPECT_EXIT(starved(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace

}  // namespace gatehouse::password
