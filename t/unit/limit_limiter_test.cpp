// Counting attempts, over a Redis of the test's own.
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "limit/limiter.h"
#include "loop_host.h"
#include "private_redis.h"

namespace gatehouse::limit {

namespace {

using namespace std::chrono_literals;

class limit_limiter : public ::testing::Test {
 protected:
  limit_limiter() : on_(loop_.core(), redis_.patient()), limits_(on_, "main") {}

  template <class T>
  T must(task<result<T>> work) {
    result<result<T>> given = loop_.await(std::move(work), 10s);
    if (!given) throw std::runtime_error(given.failure().what);
    if (!*given) throw std::runtime_error(given->failure().what);
    return std::move(**given);
  }
  redis::reply command(std::vector<std::string> args) { return must(on_.command(std::move(args))); }
  verdict take(const std::vector<bucket>& from) { return must(limits_.take(from)); }
  void give_back(const receipt& counted) { must(limits_.give_back(counted)); }
  std::string used(const std::string& key) { return command({"HGET", key, "used"}).text; }

  bucket of(std::uint32_t count, seconds window = 60s, const std::string& name = "ann") {
    return {limits_.key("test", {name}), {count, window}, ""};
  }

  private_redis redis_;
  loop_host loop_;
  redis::connection on_;
  limiter limits_;
};

TEST_F(limit_limiter, so_many_attempts_and_no_more) {
  const bucket three = of(3);
  for (std::uint32_t left : {2U, 1U, 0U}) {
    const verdict said = take({three});
    EXPECT_TRUE(said.admitted);
    EXPECT_EQ(said.tightest, three.key);
    EXPECT_EQ(said.limit, 3U);
    EXPECT_EQ(said.remaining, left);
    EXPECT_GE(said.reset, 59s);
    EXPECT_LE(said.reset, 60s);
    EXPECT_EQ(said.counted.keys, std::vector<std::string>{three.key});
  }
  const verdict no = take({three});
  EXPECT_FALSE(no.admitted);
  EXPECT_EQ(no.tightest, three.key);
  EXPECT_EQ(no.limit, 3U);
  EXPECT_EQ(no.remaining, 0U);
  EXPECT_GE(no.reset, 59s);
  EXPECT_LE(no.reset, 60s);
  EXPECT_TRUE(no.counted.keys.empty());
  EXPECT_TRUE(take({of(3, 60s, "bob")}).admitted) << "somebody else";
}

TEST_F(limit_limiter, requirement_51_the_window_ends_by_itself_however_often_one_tries) {
  const bucket one = of(1, 1s);
  ASSERT_TRUE(take({one}).admitted);
  const steady_time start = steady_now();
  while (!take({one}).admitted && steady_now() - start < 5s) loop_.run_for(50ms);
  EXPECT_LT(steady_now() - start, 5s);
  EXPECT_EQ(used(one.key), "1") << "a new window";
}

TEST_F(limit_limiter, if_one_bucket_is_full_none_counts) {
  const bucket narrow = of(1, 60s, "narrow");
  const bucket wide = of(10, 600s, "wide");
  ASSERT_TRUE(take({wide, narrow}).admitted);
  for (int i = 0; i < 3; ++i) {
    const verdict no = take({wide, narrow});
    EXPECT_FALSE(no.admitted);
    EXPECT_EQ(no.tightest, narrow.key);
  }
  EXPECT_EQ(used(wide.key), "1");
  EXPECT_EQ(used(narrow.key), "1");
}

TEST_F(limit_limiter, the_wait_is_that_of_the_full_bucket_that_ends_last) {
  const bucket brief = of(1, 10s, "brief");
  const bucket lasting = of(1, 600s, "lasting");
  ASSERT_TRUE(take({brief, lasting}).admitted);
  for (const auto& order : {std::vector<bucket>{brief, lasting}, std::vector<bucket>{lasting, brief}}) {
    const verdict no = take(order);
    EXPECT_EQ(no.tightest, lasting.key);
    EXPECT_GT(no.reset, 590s);
  }
}

TEST_F(limit_limiter, what_is_left_is_said_of_the_tightest_bucket) {
  const bucket narrow = of(2, 60s, "narrow");
  const bucket wide = of(10, 600s, "wide");
  EXPECT_EQ(take({wide, narrow}).tightest, narrow.key);
  for (int i = 0; i < 8; ++i) (void)take({wide});
  const verdict last = take({of(100, 60s, "other"), wide});
  EXPECT_EQ(last.tightest, wide.key);
  EXPECT_EQ(last.remaining, 0U);
}

TEST_F(limit_limiter, without_a_limit_redis_is_not_asked) {
  redis_.server().kill();
  const verdict said = take({of(0), of(0, 60s, "bob")});
  EXPECT_TRUE(said.admitted);
  EXPECT_EQ(said.limit, 0U);
  EXPECT_EQ(said.tightest, "");
  EXPECT_TRUE(take({}).admitted);
  give_back({});
}

TEST_F(limit_limiter, what_is_given_back_counts_no_more) {
  const bucket two = of(2);
  const verdict first = take({two});
  const verdict second = take({two});
  ASSERT_FALSE(take({two}).admitted);
  give_back(first.counted);
  EXPECT_EQ(used(two.key), "1");
  EXPECT_TRUE(take({two}).admitted);
  give_back(second.counted);
  EXPECT_TRUE(take({two}).admitted);
  EXPECT_FALSE(take({two}).admitted);
}

TEST_F(limit_limiter, giving_back_does_not_extend_the_window) {
  const bucket two = of(2, 100s);
  const verdict first = take({two});
  (void)take({two});
  command({"PEXPIRE", two.key, "5000"});
  give_back(first.counted);
  EXPECT_LE(command({"PTTL", two.key}).integer, 5000);
  EXPECT_LE(take({two}).reset, 5s);
}

TEST_F(limit_limiter, giving_back_never_goes_below_zero) {
  const bucket two = of(2);
  const receipt first = take({two}).counted;
  for (int i = 0; i < 5; ++i) give_back(first);
  EXPECT_EQ(command({"EXISTS", two.key}).integer, 0) << "nothing is left of it";
  EXPECT_TRUE(take({two}).admitted);
  EXPECT_TRUE(take({two}).admitted);
  EXPECT_FALSE(take({two}).admitted);
}

// Else somebody with an account of his own could take an attempt from each new window.
TEST_F(limit_limiter, what_was_counted_in_a_window_that_has_ended_is_not_given_back_to_the_next) {
  const bucket two = of(2, 1s);
  const receipt late = take({two}).counted;
  ASSERT_TRUE(loop_.run_until([&] { return command({"EXISTS", two.key}).integer == 0; }, 5s));
  (void)take({of(2, 60s)});
  give_back(late);
  EXPECT_EQ(used(two.key), "1");
}

TEST_F(limit_limiter, a_remembered_place_counts_but_is_not_stopped) {
  bucket account = of(2, 60s, "account");
  ASSERT_TRUE(take({account}).admitted);
  ASSERT_TRUE(take({account}).admitted);
  account.exempt_if = limits_.key("place", {"ann", "192.0.2.1"});
  ASSERT_FALSE(take({account}).admitted);
  must(limits_.remember(account.exempt_if, 90s));
  EXPECT_LE(command({"TTL", account.exempt_if}).integer, 90);
  const verdict said = take({account});
  EXPECT_TRUE(said.admitted);
  EXPECT_EQ(said.limit, 0U) << "nothing could have stopped it";
  EXPECT_EQ(used(account.key), "3");

  const bucket address = of(1, 60s, "address");
  ASSERT_TRUE(take({account, address}).admitted);
  const verdict no = take({account, address});
  EXPECT_FALSE(no.admitted) << "by a bucket without an exemption";
  EXPECT_EQ(no.tightest, address.key);
  account.exempt_if = limits_.key("place", {"ann", "192.0.2.2"});
  EXPECT_FALSE(take({account}).admitted) << "another place";
}

// ---- racing

struct crowd {
  int admitted = 0;
  int refused = 0;
  int failed = 0;
  int ended() const { return admitted + refused + failed; }
};

// `each`: how many attempts over each connection, all at once.
crowd rush(loop_host& loop, std::deque<redis::connection>& connections, int each, bucket into) {
  std::deque<limiter> limiters;
  crowd counted;
  for (redis::connection& on : connections) {
    limiter& through = limiters.emplace_back(on, "main");
    for (int i = 0; i < each; ++i) {
      auto count = [&counted](result<result<verdict>> said) {
        if (!said || !*said)
          ++counted.failed;
        else if ((*said)->admitted)
          ++counted.admitted;
        else
          ++counted.refused;
      };
      std::vector<bucket> from{into};
      spawn<result<verdict>>(loop.core().queue(), through.take(std::move(from)), count);
    }
  }
  const int all = each * static_cast<int>(connections.size());
  EXPECT_TRUE(loop.run_until([&] { return counted.ended() == all; }, 20s));
  return counted;
}

TEST_F(limit_limiter, requirement_51_of_200_parallel_attempts_on_one_connection_exactly_so_many_are_admitted) {
  std::deque<redis::connection> connections;
  connections.emplace_back(loop_.core(), redis_.patient());
  const crowd came = rush(loop_, connections, 200, of(17));
  EXPECT_EQ(came.admitted, 17);
  EXPECT_EQ(came.refused, 183);
}

TEST_F(limit_limiter, requirement_51_of_200_parallel_attempts_on_ten_connections_exactly_so_many_are_admitted) {
  std::deque<redis::connection> connections;
  for (int i = 0; i < 10; ++i) connections.emplace_back(loop_.core(), redis_.patient());
  const crowd came = rush(loop_, connections, 20, of(17));
  EXPECT_EQ(came.admitted, 17);
  EXPECT_EQ(came.refused, 183);
}

// ---- what stands in Redis

TEST_F(limit_limiter, no_account_and_no_address_stands_in_redis_in_clear) {
  bucket one{
      limits_.key("logins:account", {"jane@example.com", "192.0.2.1"}), {5, 60s}, limits_.key("place", {"jane"})};
  (void)take({one});
  must(limits_.remember(one.exempt_if, 60s));
  const redis::reply keys = command({"KEYS", "*"});
  ASSERT_EQ(keys.elements.size(), 2U);
  for (const redis::reply& key : keys.elements) {
    EXPECT_TRUE(key.text.starts_with("gatehouse:{main}:limit:")) << key.text;
    EXPECT_EQ(key.text.find("jane"), std::string::npos) << key.text;
    EXPECT_EQ(key.text.find("192"), std::string::npos) << key.text;
  }
  EXPECT_EQ(command({"HKEYS", one.key}).elements.size(), 2U);
}

TEST_F(limit_limiter, a_key_is_that_of_its_realm_its_kind_and_its_parts) {
  const limiter other(on_, "other");
  const std::set<std::string> keys{limits_.key("a", {"x", "y"}), limits_.key("b", {"x", "y"}), limits_.key("a", {"xy"}),
                                   limits_.key("a", {"xy", ""}), limits_.key("a", {"", "xy"}), limits_.key("a", {}),
                                   limits_.key("a", {"1:x"}),    other.key("a", {"x", "y"})};
  EXPECT_EQ(keys.size(), 8U);
  EXPECT_EQ(limits_.key("a", {"x"}), limits_.key("a", {"x"}));
}

TEST_F(limit_limiter, every_bucket_has_an_end) {
  (void)take({of(5, 60s, "a"), of(5, 3600s, "b")});
  for (const redis::reply& key : command({"KEYS", "*"}).elements) EXPECT_GT(command({"PTTL", key.text}).integer, 0);
}

// ---- without Redis

TEST_F(limit_limiter, without_redis_the_error_is_unavailable) {
  redis_.server().kill();
  const auto taken = loop_.await(limits_.take({of(5)}));
  ASSERT_TRUE(taken.ok());
  ASSERT_FALSE(taken->ok());
  EXPECT_EQ(taken->failure().kind, fault::unavailable);
  receipt some;
  some.keys = {limits_.key("test", {"ann"})};
  some.windows = {"1"};
  const auto given = loop_.await(limits_.give_back(some));
  EXPECT_EQ(given->failure().kind, fault::unavailable);
  const auto remembered = loop_.await(limits_.remember(limits_.key("place", {"ann"}), 60s));
  EXPECT_EQ(remembered->failure().kind, fault::unavailable);
}

}  // namespace

}  // namespace gatehouse::limit
