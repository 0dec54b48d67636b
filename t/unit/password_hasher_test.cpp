#include <gtest/gtest.h>
#include <sys/resource.h>

#include <atomic>
#include <ctime>
#include <string>
#include <vector>

#include "loop_host.h"
#include "password/hasher.h"
#include "password/phc_string.h"

namespace gatehouse::password {

namespace {

using namespace std::string_literals;

settings cheap_settings(std::size_t memory = 64 * 1024, std::uint32_t iterations = 1) {
  settings chosen;
  chosen.cost = {memory, iterations};
  return chosen;
}

class password_hasher : public testing::Test {
 protected:
  std::string hash(hasher& by, const std::string& password) {
    const result<result<std::string>> made = loop_.await(by.hash(secret(password)));
    EXPECT_TRUE(made.ok() && made->ok());
    return **made;
  }
  result<verdict> verify(hasher& by, const std::string& password, const std::string& stored) {
    const result<result<verdict>> judged = loop_.await(by.verify(secret(password), stored));
    EXPECT_TRUE(judged.ok());
    return *judged;
  }

  loop_host loop_;
  admission queue_{64};
};

TEST_F(password_hasher, what_is_hashed_is_verified) {
  hasher by(loop_.core(), cheap_settings(), queue_);
  const std::string stored = hash(by, "correct horse");
  EXPECT_TRUE(stored.starts_with("$argon2id$v=19$m=64,t=1,p=1$")) << stored;
  EXPECT_NE(hash(by, "correct horse"), stored);

  const result<verdict> right = verify(by, "correct horse", stored);
  ASSERT_TRUE(right.ok());
  EXPECT_TRUE(right->matches);
  EXPECT_FALSE(right->outdated);
  const result<verdict> wrong = verify(by, "wrong horse", stored);
  ASSERT_TRUE(wrong.ok());
  EXPECT_FALSE(wrong->matches);
  EXPECT_EQ(queue_.taken(), 0U);
}

TEST_F(password_hasher, requirement_50_other_parameters_and_imported_hashes_are_outdated) {
  hasher old(loop_.core(), cheap_settings(), queue_);
  hasher stronger(loop_.core(), cheap_settings(128 * 1024, 1), queue_);
  hasher longer(loop_.core(), cheap_settings(64 * 1024, 2), queue_);
  const std::string stored = hash(old, "correct horse");
  for (hasher* by : {&stronger, &longer}) {
    const result<verdict> judged = verify(*by, "correct horse", stored);
    ASSERT_TRUE(judged.ok());
    EXPECT_TRUE(judged->matches);
    EXPECT_TRUE(judged->outdated);
    EXPECT_FALSE(verify(*by, "correct horse", hash(*by, "correct horse"))->outdated);
  }
  const result<verdict> imported =
      verify(old, "correct horse", "$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2");
  ASSERT_TRUE(imported.ok());
  EXPECT_TRUE(imported->matches);
  EXPECT_TRUE(imported->outdated);
}

TEST_F(password_hasher, requirement_52_the_decoy_costs_what_a_real_hash_costs_and_matches_nothing) {
  hasher by(loop_.core(), cheap_settings(128 * 1024, 3), queue_);
  const result<phc_string> decoy = parse_phc(by.decoy());
  const result<phc_string> real = parse_phc(hash(by, "correct horse"));
  ASSERT_TRUE(decoy.ok() && real.ok());
  EXPECT_EQ(decoy->kind, real->kind);
  EXPECT_EQ(decoy->cost, real->cost);
  EXPECT_EQ(decoy->lanes, real->lanes);
  EXPECT_EQ(decoy->salt.size(), real->salt.size());
  EXPECT_EQ(decoy->hash.size(), real->hash.size());

  const result<verdict> judged = verify(by, "correct horse", by.decoy());
  ASSERT_TRUE(judged.ok());
  EXPECT_FALSE(judged->matches);
  EXPECT_FALSE(judged->outdated);
  hasher other(loop_.core(), cheap_settings(128 * 1024, 3), queue_);
  EXPECT_NE(by.decoy(), other.decoy());
}

TEST_F(password_hasher, requirement_46_the_cap_is_before_the_hash) {
  admission none(0);  // whatever reached the queue would be refused
  hasher by(loop_.core(), cheap_settings(), none);
  const result<result<std::string>> made = loop_.await(by.hash(secret(std::string(1025, 'a'))));
  ASSERT_TRUE(made.ok());
  ASSERT_FALSE(made->ok());
  EXPECT_EQ(made->failure().kind, fault::invalid);
  const result<verdict> judged = verify(by, std::string(1025, 'a'), by.decoy());
  ASSERT_TRUE(judged.ok());
  EXPECT_FALSE(judged->matches);
}

TEST_F(password_hasher, requirement_49_1024_bytes_with_nuls_are_hashed_whole) {
  hasher by(loop_.core(), cheap_settings(), queue_);
  const std::string password = std::string(1000, '\0') + std::string(24, 'a');
  const std::string stored = hash(by, password);
  EXPECT_TRUE(verify(by, password, stored)->matches);
  EXPECT_FALSE(verify(by, password.substr(0, 1023), stored)->matches);
  EXPECT_FALSE(verify(by, std::string(1000, '\0') + std::string(24, 'b'), stored)->matches);
}

// Issue 10.24: it is a login that fails, not a server.
TEST_F(password_hasher, a_hash_that_cannot_be_used_matches_nothing_and_says_why) {
  hasher by(loop_.core(), cheap_settings(), queue_);
  for (const std::string& stored : {""s, "plain"s, "$argon2id$v=19$m=64,t=1,p=1$"s,
                                    "$argon2d$v=19$m=64,t=1,p=1$BQAAAAAAAAA$BQAAAAAAAAAAAAAAAAAAAA"s,
                                    "$argon2id$v=19$m=4194304,t=1,p=1$BQAAAAAAAAA$BQAAAAAAAAAAAAAAAAAAAA"s,
                                    "$argon2id$v=19$m=64,t=4294967295,p=1$BQAAAAAAAAA$BQAAAAAAAAAAAAAAAAAAAA"s,
                                    "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"s}) {
    const result<verdict> judged = verify(by, "correct horse", stored);
    ASSERT_TRUE(judged.ok()) << stored;
    EXPECT_FALSE(judged->matches) << stored;
    EXPECT_FALSE(judged->unusable.empty()) << stored;
  }
  EXPECT_EQ(queue_.taken(), 0U);
}

// Issue 10.24. Processor time, which does not depend on what else runs.
TEST_F(password_hasher, requirement_52_what_cannot_match_costs_no_less_than_the_decoy) {
  hasher by(loop_.core(), cheap_settings(64 * 1024 * 1024, 4), queue_);
  const auto cost_of = [&](const std::string& stored) {
    const std::clock_t begin = std::clock();
    EXPECT_FALSE(verify(by, "correct horse", stored)->matches);
    return std::clock() - begin;
  };
  const std::clock_t decoy = cost_of(by.decoy());
  for (const char* stored : {"d41d8cd98f00b204e9800998ecf8427e", "$argon2d$",
                             "{SHA}2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "$apr1$abcdefgh$aaaaaaaaaaaaaaaaaaaaa/"}) {
    EXPECT_GT(cost_of(stored), decoy / 2) << stored;
  }
}

// Starts `count` hashes at once and returns what they came to, in the order of their ends.
std::vector<result<std::string>> flood(loop_host& loop, hasher& by, std::size_t count) {
  std::vector<result<std::string>> ended;
  for (std::size_t i = 0; i < count; ++i) {
    std::function<void(result<result<std::string>>)> keep = [&ended](result<result<std::string>> outcome) {
      EXPECT_TRUE(outcome.ok());
      ended.push_back(*outcome);
    };
    spawn<result<std::string>>(loop.core().queue(), by.hash(secret("correct horse")), keep);
  }
  EXPECT_TRUE(loop.run_until([&] { return ended.size() == count; }));
  return ended;
}

std::size_t successes(const std::vector<result<std::string>>& outcomes) {
  std::size_t good = 0;
  for (const result<std::string>& outcome : outcomes) {
    if (outcome.ok()) {
      ++good;
    } else {
      EXPECT_EQ(outcome.failure().kind, fault::overloaded);
    }
  }
  return good;
}

TEST_F(password_hasher, beyond_the_limit_logins_are_refused_at_once_and_the_admitted_run_to_their_end) {
  admission four(4);
  hasher by(loop_.core(), cheap_settings(1024 * 1024, 2), four);
  const std::vector<result<std::string>> outcomes = flood(loop_, by, 10);
  EXPECT_EQ(successes(outcomes), 4U);
  for (std::size_t i = 0; i < 6; ++i) EXPECT_FALSE(outcomes[i].ok()) << "a refusal waited for a hash";
  EXPECT_EQ(four.taken(), 0U);
  EXPECT_EQ(successes(flood(loop_, by, 4)), 4U);
}

TEST_F(password_hasher, the_thread_pools_own_limit_is_overload_too) {
  loop_host narrow(1, 1, 2);
  admission wide(64);
  hasher by(narrow.core(), cheap_settings(1024 * 1024, 2), wide);
  const std::size_t good = successes(flood(narrow, by, 16));
  EXPECT_GE(good, 2U);
  EXPECT_LE(good, 3U);  // two waiting, one running
  EXPECT_EQ(wide.taken(), 0U);
}

TEST_F(password_hasher, realms_with_queues_of_their_own_do_not_fill_each_others) {
  admission one(1);
  admission other(1);
  hasher first(loop_.core(), cheap_settings(), one);
  hasher second(loop_.core(), cheap_settings(), other);
  const std::optional<admission::ticket> taken = one.enter();
  EXPECT_EQ(successes(flood(loop_, first, 1)), 0U);
  EXPECT_EQ(successes(flood(loop_, second, 1)), 1U);
}

TEST_F(password_hasher, a_flow_destroyed_while_its_hash_runs_leaves_nothing_behind) {
  hasher by(loop_.core(), cheap_settings(1024 * 1024, 2), queue_);
  {
    // Started by hand, for spawn() would keep it: the frame dies at the end of the block, the job lives on.
    task<result<std::string>> flow = by.hash(secret("correct horse"));
    flow.await_suspend(std::noop_coroutine()).resume();
    EXPECT_EQ(queue_.taken(), 1U);
  }
  EXPECT_TRUE(loop_.run_until([&] { return queue_.taken() == 0; }));
}

TEST_F(password_hasher, a_job_may_outlive_the_hasher_and_its_queue) {
  auto queue = std::make_unique<admission>(1);
  auto by = std::make_unique<hasher>(loop_.core(), cheap_settings(1024 * 1024, 2), *queue);
  {
    task<result<std::string>> flow = by->hash(secret("correct horse"));
    flow.await_suspend(std::noop_coroutine()).resume();
  }
  by.reset();
  queue.reset();
  hasher after(loop_.core(), cheap_settings(), queue_);
  EXPECT_EQ(successes(flood(loop_, after, 1)), 1U);  // one thread: the job before has ended
}

// The nice value of the only hash thread.
int nice_of_thread(loop_host& loop) {
  std::atomic<int> value = -100;
  std::atomic<bool> ended = false;
  EXPECT_TRUE(loop.core().submit(
      pool::hash, [&] { value = getpriority(PRIO_PROCESS, 0); }, [&] { ended = true; }));
  EXPECT_TRUE(loop.run_until([&] { return ended.load(); }));
  return value;
}

TEST_F(password_hasher, hash_threads_run_at_the_nice_value_and_the_event_loop_does_not) {
  const int before = getpriority(PRIO_PROCESS, 0);
  if (before > 10) GTEST_SKIP() << "already at nice " << before;
  settings chosen = cheap_settings();
  chosen.nice = 11;
  hasher by(loop_.core(), chosen, queue_);
  hash(by, "correct horse");
  EXPECT_EQ(nice_of_thread(loop_), 11);

  chosen.nice = 5;  // never lowered: an ordinary user may not
  hasher milder(loop_.core(), chosen, queue_);
  hash(milder, "correct horse");
  EXPECT_EQ(nice_of_thread(loop_), 11);
  EXPECT_EQ(getpriority(PRIO_PROCESS, 0), before);
}

TEST(password_admission, places_are_counted_and_given_back) {
  admission two(2);
  std::optional<admission::ticket> first = two.enter();
  std::optional<admission::ticket> second = two.enter();
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(two.enter());
  EXPECT_EQ(two.taken(), 2U);
  {
    const admission::ticket moved = std::move(*first);
    first.reset();
    EXPECT_EQ(two.taken(), 2U);  // moved, not given back
  }
  EXPECT_EQ(two.taken(), 1U);
  EXPECT_TRUE(two.enter());  // and given back at once
  EXPECT_EQ(two.taken(), 1U);
  second.reset();
  EXPECT_EQ(two.taken(), 0U);
}

}  // namespace

}  // namespace gatehouse::password
