#include <gtest/gtest.h>
#include <sys/socket.h>

#include "loop_host.h"
#include "private_redis.h"
#include "redis/connection.h"
#include "redis/script.h"

namespace gatehouse::redis {

namespace {

// The deadline of production, for what happens when it passes.
options hurried(const private_redis& redis) {
  options made = redis.patient();
  made.timeout = made.connect_timeout = millis{250};
  return made;
}

// What a call gave, the test's own failures included.
struct answer {
  bool ok = false;
  reply value;
  error failure;
};

answer take(result<result<reply>> given) {
  if (!given) return {false, {}, given.failure()};
  if (!*given) return {false, {}, given->failure()};
  return {true, **given, {}};
}

answer call(loop_host& loop, connection& on, std::vector<std::string> args) {
  return take(loop.await(on.command(std::move(args))));
}

// Keeps calling until it answers; how long that took.
millis recovery(loop_host& loop, connection& on, millis limit = millis{5000}) {
  const steady_time start = steady_now();
  while (!call(loop, on, {"PING"}).ok && steady_now() - start < limit) loop.run_for(millis{20});
  return std::chrono::duration_cast<millis>(steady_now() - start);
}

TEST(redis_connection, every_kind_of_reply) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  EXPECT_EQ(loop.watches(), 0U) << "connects lazily";

  const answer status = call(loop, on, {"PING"});
  ASSERT_TRUE(status.ok) << status.failure.what;
  EXPECT_TRUE(status.value.is(reply::type::status));
  EXPECT_EQ(status.value.text, "PONG");
  EXPECT_EQ(call(loop, on, {"INCR", "n"}).value.integer, 1);
  EXPECT_TRUE(call(loop, on, {"GET", "nothing"}).value.is(reply::type::nil));

  const std::string bytes("a\0b\r\n\xff", 6);
  EXPECT_TRUE(call(loop, on, {"SET", "bytes", bytes}).ok);
  EXPECT_EQ(call(loop, on, {"GET", "bytes"}).value.text, bytes);

  const answer nested = call(loop, on, {"EVAL", "return {1, {'two', false}, redis.status_reply('ok')}", "0"});
  ASSERT_EQ(nested.value.elements.size(), 3U);
  EXPECT_EQ(nested.value.elements[0].integer, 1);
  EXPECT_EQ(nested.value.elements[1].elements[0].text, "two");
  EXPECT_TRUE(nested.value.elements[1].elements[1].is(reply::type::nil));
  EXPECT_EQ(nested.value.elements[2].text, "ok");

  const answer wrong = call(loop, on, {"GET"});
  ASSERT_FALSE(wrong.ok);
  EXPECT_EQ(wrong.failure.kind, fault::internal);
  EXPECT_TRUE(wrong.failure.what.starts_with("redis unix:" + redis.socket() + ": ERR wrong number"))
      << wrong.failure.what;
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST(redis_connection, an_error_does_not_quote_the_arguments) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  EXPECT_EQ(call(loop, on, {"NOSUCH", "canary"}).failure.what.find("canary"), std::string::npos);
}

TEST(redis_connection, three_megabytes_go_and_come_back) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  const std::string large(3 << 20, 'x');
  EXPECT_TRUE(call(loop, on, {"SET", "large", large}).ok);
  EXPECT_EQ(call(loop, on, {"GET", "large"}).value.text, large);
}

TEST(redis_connection, tcp_with_user_password_and_database) {
  private_redis redis({"--user", "gatehouse", "on", ">s3cret", "~*", "+@all", "--requirepass", "other"});
  loop_host loop;
  options to;
  to.host = "127.0.0.1";
  to.port = redis.port();
  to.user = "gatehouse";
  to.password = secret{"s3cret"};
  to.database = 3;
  connection on(loop.core(), to);
  EXPECT_EQ(call(loop, on, {"ACL", "WHOAMI"}).value.text, "gatehouse");
  const answer info = call(loop, on, {"CLIENT", "INFO"});
  EXPECT_NE(info.value.text.find(" db=3 "), std::string::npos) << info.value.text;

  options alone = to;
  alone.user.clear();
  alone.password = secret{"other"};
  connection by_password(loop.core(), alone);
  EXPECT_EQ(call(loop, by_password, {"ACL", "WHOAMI"}).value.text, "default");
}

TEST(redis_connection, a_refused_log_in_is_unavailable_and_says_why_without_the_password) {
  private_redis redis({"--requirepass", "s3cret"});
  loop_host loop;
  options to = redis.patient();
  connection without(loop.core(), to);
  const answer none = call(loop, without, {"GET", "x"});
  EXPECT_EQ(none.failure.kind, fault::unavailable);
  EXPECT_NE(none.failure.what.find("NOAUTH"), std::string::npos) << none.failure.what;

  to.password = secret{"canary"};
  connection wrong(loop.core(), to);
  const answer refused = call(loop, wrong, {"GET", "x"});
  EXPECT_EQ(refused.failure.kind, fault::unavailable);
  EXPECT_EQ(refused.failure.what,
            "redis unix:" + redis.socket() + ": AUTH was refused (WRONGPASS); check user= and password_file=");

  to.password = secret{"s3cret"};
  to.database = 99;
  connection beyond(loop.core(), to);
  const answer no_database = call(loop, beyond, {"GET", "x"});
  EXPECT_NE(no_database.failure.what.find("SELECT was refused (ERR); check db="), std::string::npos);
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST(redis_connection, parallel_commands_get_their_own_answers) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  int right = 0;
  for (int i = 0; i < 1000; ++i) {
    std::vector<std::string> echo{"ECHO", std::to_string(i)};
    spawn<result<reply>>(loop.core().queue(), on.command(std::move(echo)), [&right, i](result<result<reply>> given) {
      const answer got = take(std::move(given));
      if (got.ok && got.value.text == std::to_string(i)) ++right;
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return right == 1000; }));
}

TEST(redis_connection, too_many_in_flight_are_refused) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  int answered = 0;
  int overloaded = 0;
  for (int i = 0; i < 1100; ++i) {
    std::vector<std::string> ping{"PING"};
    spawn<result<reply>>(loop.core().queue(), on.command(std::move(ping)), [&](result<result<reply>> given) {
      const answer got = take(std::move(given));
      if (got.ok) ++answered;
      if (!got.ok && got.failure.kind == fault::overloaded) ++overloaded;
    });
  }
  EXPECT_TRUE(loop.run_until([&] { return answered + overloaded == 1100; }));
  EXPECT_EQ(answered, 1024);
  EXPECT_EQ(overloaded, 76);
}

TEST(redis_connection, nobody_there_fails_at_once_and_then_fast) {
  loop_host loop;
  options to;
  to.unix_path = "/nonexistent/redis.sock";
  connection on(loop.core(), to);
  const answer refused = call(loop, on, {"PING"});
  EXPECT_EQ(refused.failure.kind, fault::unavailable);
  EXPECT_NE(refused.failure.what.find("redis unix:/nonexistent/redis.sock: "), std::string::npos)
      << refused.failure.what;

  to.unix_path.clear();
  to.host = "127.0.0.1";
  to.port = free_port();
  connection tcp(loop.core(), to);
  const answer tcp_refused = call(loop, tcp, {"PING"});
  EXPECT_EQ(tcp_refused.failure.kind, fault::unavailable);
  EXPECT_NE(tcp_refused.failure.what.find("refused"), std::string::npos) << tcp_refused.failure.what;
  EXPECT_EQ(call(loop, tcp, {"PING"}).failure.what, tcp_refused.failure.what) << "the same reason while it backs off";
}

TEST(redis_connection, a_host_out_of_connections_is_unavailable) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  loop.refuse_watches(true);
  const answer refused = call(loop, on, {"PING"});
  EXPECT_EQ(refused.failure.kind, fault::unavailable);
  EXPECT_NE(refused.failure.what.find("worker_connections"), std::string::npos);
  loop.refuse_watches(false);
  EXPECT_LT(recovery(loop, on), millis{5000});
}

TEST(redis_connection, a_hung_server_meets_the_deadline_and_recovers_within_5_s) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), hurried(redis));
  ASSERT_TRUE(call(loop, on, {"PING"}).ok);
  redis.server().pause();

  const steady_time start = steady_now();
  const answer late = call(loop, on, {"INCR", "n"});
  const auto took = steady_now() - start;
  EXPECT_EQ(late.failure.kind, fault::unavailable);
  EXPECT_NE(late.failure.what.find("no answer within 250 ms"), std::string::npos) << late.failure.what;
  EXPECT_GE(took, millis{240});
  EXPECT_LT(took, millis{2000});
  loop.run_for(millis{1500});  // several attempts would meet it hung
  call(loop, on, {"PING"});

  redis.server().resume();
  EXPECT_LT(recovery(loop, on), millis{5000});
  EXPECT_EQ(loop.watches(), 1U);
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST(redis_connection, a_restarted_server_is_found_again_within_5_s) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  ASSERT_TRUE(call(loop, on, {"SET", "kept", "1"}).ok);
  redis.server().kill();
  EXPECT_TRUE(loop.run_until([&] { return loop.watches() == 0; })) << "the end of an idle connection is noticed";
  EXPECT_EQ(call(loop, on, {"PING"}).failure.kind, fault::unavailable);
  redis.server().start();
  EXPECT_LT(recovery(loop, on), millis{5000});
  EXPECT_TRUE(call(loop, on, {"PING"}).ok);
}

TEST(redis_connection, an_idle_connection_that_the_server_closed_costs_no_command) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  connection other(loop.core(), redis.patient());
  ASSERT_TRUE(call(loop, on, {"PING"}).ok);
  ASSERT_TRUE(call(loop, other, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"}).ok);
  ASSERT_TRUE(loop.run_until([&] { return loop.watches() == 1; }));
  EXPECT_TRUE(call(loop, on, {"PING"}).ok);
}

TEST(redis_connection, a_server_killed_in_flight_fails_what_waits) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  ASSERT_TRUE(call(loop, on, {"PING"}).ok);
  redis.server().pause();
  int failed = 0;
  for (int i = 0; i < 10; ++i) {
    std::vector<std::string> ping{"PING"};
    spawn<result<reply>>(loop.core().queue(), on.command(std::move(ping)), [&](result<result<reply>> given) {
      if (take(std::move(given)).failure.kind == fault::unavailable) ++failed;
    });
  }
  loop.run_for(millis{20});
  redis.server().kill();
  EXPECT_TRUE(loop.run_until([&] { return failed == 10; }, millis{2500}));
}

// The late answers of a dropped connection must never reach a later caller.
TEST(redis_connection, answers_are_not_mismatched_after_a_timeout) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), hurried(redis));
  ASSERT_TRUE(call(loop, on, {"PING"}).ok);
  for (int round = 0; round < 3; ++round) {
    redis.server().pause();
    EXPECT_FALSE(call(loop, on, {"ECHO", "early"}).ok);
    redis.server().resume();
    for (int i = 0; i < 100; ++i) {
      const std::string word = std::to_string(round) + "/" + std::to_string(i);
      const answer got = call(loop, on, {"ECHO", word});
      if (got.ok) {
        ASSERT_EQ(got.value.text, word);
      }
      loop.run_for(millis{2});
    }
    EXPECT_LT(recovery(loop, on), millis{5000});
  }
}

TEST(redis_connection, one_expired_command_fails_all_in_flight) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  std::vector<std::string> block{"BLPOP", "nothing", "0"};
  std::vector<std::string> ping{"PING"};
  int failed = 0;
  auto count = [&](result<result<reply>> given) {
    if (take(std::move(given)).failure.kind == fault::unavailable) ++failed;
  };
  spawn<result<reply>>(loop.core().queue(), on.command(std::move(block), millis{100}), count);
  spawn<result<reply>>(loop.core().queue(), on.command(std::move(ping)), count);
  EXPECT_TRUE(loop.run_until([&] { return failed == 2; }, millis{2500}));
}

TEST(redis_connection, a_deadline_of_its_own_for_a_blocking_read) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient(), patience::background);
  std::vector<std::string> block{"BLPOP", "nothing", "0.5"};
  const steady_time start = steady_now();
  const answer none = take(loop.await(on.command(std::move(block), millis{1500})));
  ASSERT_TRUE(none.ok) << none.failure.what;
  EXPECT_TRUE(none.value.is(reply::type::nil));
  EXPECT_GE(steady_now() - start, millis{450});
}

TEST(redis_connection, a_command_in_flight_keeps_the_worker_and_a_background_one_does_not) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  connection behind(loop.core(), redis.patient(), patience::background);
  std::vector<std::string> ping{"PING"};
  auto ignore = [](result<result<reply>>) {};
  spawn<result<reply>>(loop.core().queue(), behind.command(ping), ignore);
  EXPECT_EQ(loop.foreground_timers(), 0U);
  spawn<result<reply>>(loop.core().queue(), on.command(ping), ignore);
  EXPECT_EQ(loop.foreground_timers(), 1U);
  EXPECT_TRUE(loop.run_until([&] { return loop.foreground_timers() == 0; }));
}

TEST(redis_connection, close_fails_what_waits_and_what_comes) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  std::vector<std::string> ping{"PING"};
  std::string why;
  spawn<result<reply>>(loop.core().queue(), on.command(std::move(ping)),
                       [&](result<result<reply>> given) { why = take(std::move(given)).failure.what; });
  on.close();
  EXPECT_EQ(loop.foreground_timers(), 0U);
  EXPECT_TRUE(loop.run_until([&] { return !why.empty(); }));
  EXPECT_NE(why.find("the worker is stopping"), std::string::npos) << why;
  EXPECT_FALSE(call(loop, on, {"PING"}).ok);
  on.close();
  loop.run_for(millis{1});
  EXPECT_EQ(loop.watches(), 0U);
}

TEST(redis_connection, a_replica_is_unavailable_and_left) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  ASSERT_TRUE(call(loop, on, {"REPLICAOF", "127.0.0.1", std::to_string(free_port())}).ok);
  const answer refused = call(loop, on, {"SET", "x", "1"});
  EXPECT_EQ(refused.failure.kind, fault::unavailable);
  EXPECT_NE(refused.failure.what.find("READONLY"), std::string::npos) << refused.failure.what;
  loop.run_for(millis{1});
  EXPECT_EQ(loop.watches(), 0U);

  connection admin(loop.core(), redis.patient());
  ASSERT_TRUE(call(loop, admin, {"REPLICAOF", "NO", "ONE"}).ok);
  EXPECT_LT(recovery(loop, on), millis{5000});
  EXPECT_TRUE(call(loop, on, {"SET", "x", "1"}).ok);
}

TEST(redis_connection, a_script_that_meets_a_replica_is_unavailable) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  const script write("return redis.call('SET', KEYS[1], '1')");
  ASSERT_TRUE(call(loop, on, {"REPLICAOF", "127.0.0.1", std::to_string(free_port())}).ok);
  std::vector<std::string> keys{"x"};
  const answer refused = take(loop.await(write.run(on, std::move(keys), {})));
  EXPECT_EQ(refused.failure.kind, fault::unavailable) << refused.failure.what;
}

TEST(redis_connection, no_more_clients_is_unavailable) {
  private_redis redis({"--maxclients", "1"});
  loop_host loop;
  connection first(loop.core(), redis.patient());
  connection second(loop.core(), redis.patient());
  ASSERT_LT(recovery(loop, first), millis{5000});
  const answer refused = call(loop, second, {"PING"});
  EXPECT_EQ(refused.failure.kind, fault::unavailable) << refused.failure.what;
}

TEST(redis_script, is_sent_whole_only_when_it_is_unknown) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  const script twice("return {KEYS[1], ARGV[1], ARGV[2]}");
  for (int round = 0; round < 3; ++round) {
    std::vector<std::string> keys{"k"};
    std::vector<std::string> args{"a", "b"};
    const answer got = take(loop.await(twice.run(on, std::move(keys), std::move(args))));
    ASSERT_TRUE(got.ok) << got.failure.what;
    ASSERT_EQ(got.value.elements.size(), 3U);
    EXPECT_EQ(got.value.elements[2].text, "b");
    if (round == 1) {
      const std::string stats = call(loop, on, {"INFO", "commandstats"}).value.text;
      EXPECT_NE(stats.find("cmdstat_eval:calls=1,"), std::string::npos) << stats;
      ASSERT_TRUE(call(loop, on, {"SCRIPT", "FLUSH"}).ok);
    }
  }
}

TEST(redis_script, an_error_in_it_is_internal) {
  private_redis redis;
  loop_host loop;
  connection on(loop.core(), redis.patient());
  const script broken("return redis.call('GET')");
  const answer got = take(loop.await(broken.run(on, {}, {})));
  EXPECT_EQ(got.failure.kind, fault::internal);
}

}  // namespace

}  // namespace gatehouse::redis
