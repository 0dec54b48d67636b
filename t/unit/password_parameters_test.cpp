#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "password/parameters.h"

namespace gatehouse::password {

namespace {

constexpr std::size_t mib = 1024 * 1024;

result<settings> parse(std::vector<std::string_view> words) { return parse_settings(words); }

std::string refusal(std::vector<std::string_view> words) {
  const result<settings> parsed = parse_settings(words);
  if (parsed.ok()) return "accepted";
  EXPECT_EQ(parsed.failure().kind, fault::invalid);
  EXPECT_TRUE(parsed.failure().what.starts_with("password ")) << parsed.failure().what;
  return parsed.failure().what;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(password_settings, requirement_50_the_default_is_owasps) {
  const result<settings> parsed = parse({});
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->cost.memory, 19 * mib);
  EXPECT_EQ(parsed->cost.iterations, 2U);
  EXPECT_EQ(parsed->min_length, 8U);
  EXPECT_EQ(parsed->blocklist_file, "/usr/share/gatehouse/blocklist.txt");
  EXPECT_EQ(parsed->queue, 64U);
  EXPECT_EQ(parsed->nice, 10);
}

TEST(password_settings, every_word_sets_its_own) {
  const result<settings> parsed =
      parse({"nice=19", "queue=8", "iterations=3", "memory=64m", "blocklist=lists/ours.txt", "min_length=15"});
  ASSERT_TRUE(parsed.ok()) << parsed.failure().what;
  EXPECT_EQ(parsed->cost, (parameters{64 * mib, 3}));
  EXPECT_EQ(parsed->min_length, 15U);
  EXPECT_EQ(parsed->blocklist_file, "lists/ours.txt");
  EXPECT_EQ(parsed->queue, 8U);
  EXPECT_EQ(parsed->nice, 19);
}

TEST(password_settings, the_blocklist_can_be_turned_off_and_may_have_an_equals_sign) {
  EXPECT_EQ(parse({"blocklist=off"})->blocklist_file, "");
  EXPECT_EQ(parse({"blocklist=a=b"})->blocklist_file, "a=b");
}

TEST(password_settings, what_is_unknown_or_malformed_is_refused_with_what_to_write) {
  EXPECT_TRUE(contains(refusal({"memroy=19m"}), "memory="));
  EXPECT_TRUE(contains(refusal({"memory"}), "memory="));
  EXPECT_TRUE(contains(refusal({""}), "min_length="));
  EXPECT_TRUE(contains(refusal({"=5"}), "min_length="));
  EXPECT_TRUE(contains(refusal({"Memory=19m"}), "unknown"));
  EXPECT_TRUE(contains(refusal({"memory="}), "memory=: "));
  EXPECT_TRUE(contains(refusal({"memory=lots"}), "16m"));
  EXPECT_TRUE(contains(refusal({"blocklist="}), "off"));
  EXPECT_TRUE(contains(refusal({"nice=10", "nice=10"}), "twice"));
}

TEST(password_settings, every_number_has_bounds) {
  const std::pair<const char*, bool> cases[] = {
      {"min_length=8", true}, {"min_length=64", true},  {"min_length=7", false},  {"min_length=65", false},
      {"queue=1", true},      {"queue=10000", true},    {"queue=0", false},       {"queue=10001", false},
      {"nice=0", true},       {"nice=19", true},        {"nice=20", false},       {"nice=-1", false},
      {"iterations=2", true}, {"iterations=100", true}, {"iterations=0", false},  {"iterations=1001", false},
      {"memory=1g", true},    {"memory=1025m", false},  {"min_length=8x", false}, {"memory=20000001", false},
  };
  for (const auto& [word, good] : cases) EXPECT_EQ(parse({word}).ok(), good) << word;
}

TEST(password_settings, requirement_50_below_owasps_combinations_is_refused) {
  const struct {
    const char* memory;
    const char* iterations;
    bool good;
  } cases[] = {
      {"memory=46m", "iterations=1", true}, {"memory=47103k", "iterations=1", false},
      {"memory=19m", "iterations=2", true}, {"memory=19455k", "iterations=2", false},
      {"memory=12m", "iterations=3", true}, {"memory=12287k", "iterations=3", false},
      {"memory=9m", "iterations=4", true},  {"memory=9215k", "iterations=4", false},
      {"memory=7m", "iterations=5", true},  {"memory=7167k", "iterations=5", false},
      {"memory=7m", "iterations=9", true},  {"memory=7167k", "iterations=500", false},
  };
  for (const auto& [memory, iterations, good] : cases) {
    EXPECT_EQ(parse({memory, iterations}).ok(), good) << memory << " " << iterations;
    EXPECT_EQ(parse({iterations, memory}).ok(), good) << memory << " " << iterations;
  }
  EXPECT_TRUE(contains(refusal({"memory=8m"}), "with iterations=2 write memory=19m or more"));
  EXPECT_TRUE(contains(refusal({"iterations=1"}), "with iterations=1 write memory=46m or more"));
}

TEST(password_settings, a_hash_of_many_seconds_is_refused) {
  EXPECT_TRUE(parse({"memory=1g", "iterations=4"}).ok());
  EXPECT_TRUE(contains(refusal({"memory=1g", "iterations=5"}), "too expensive"));
  EXPECT_TRUE(contains(refusal({"memory=19m", "iterations=216"}), "too expensive"));
}

TEST(password_parameters, what_may_be_computed) {
  EXPECT_TRUE(is_computable({8 * 1024, 1}));
  EXPECT_TRUE(is_computable({1024 * mib, 4}));
  EXPECT_FALSE(is_computable({0, 1}));
  EXPECT_FALSE(is_computable({7 * 1024, 1}));
  EXPECT_FALSE(is_computable({8 * 1024 + 1, 1}));
  EXPECT_FALSE(is_computable({8 * 1024, 0}));
  EXPECT_FALSE(is_computable({1024 * mib + 1024, 1}));
  EXPECT_FALSE(is_computable({1024 * mib, 5}));
  EXPECT_FALSE(is_computable({19 * mib, 4294967295U}));
}

}  // namespace

}  // namespace gatehouse::password
