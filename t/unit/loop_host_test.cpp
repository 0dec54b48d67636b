#include "loop_host.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <fstream>

#include "base/oneshot.h"
#include "private_postgres.h"
#include "private_redis.h"

namespace gatehouse {

namespace {

task<int> answer_after(host& on, millis delay) {
  oneshot<int> answer(on.queue());
  auto send = std::make_shared<oneshot<int>::sender>(answer.take_sender());
  timer alarm(on);
  std::function<void()> fire = [send] { (*send)(42); };
  alarm.start(delay, fire);
  result<int> value = co_await answer;
  co_return value.ok() ? *value : -1;
}

TEST(loop_host, a_task_ends_when_its_timer_fires) {
  loop_host loop;
  const steady_time start = steady_now();
  const result<int> value = loop.await(answer_after(loop.core(), millis{30}));
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(*value, 42);
  EXPECT_GE(steady_now() - start, millis{30});
  EXPECT_EQ(loop.foreground_timers(), 0U);
}

TEST(loop_host, timers_fire_in_order_and_a_cancelled_one_never) {
  loop_host loop;
  std::string order;
  timer late(loop.core());
  timer early(loop.core());
  timer never(loop.core());
  late.start(millis{20}, [&] { order += 'b'; });
  early.start(millis{5}, [&] {
    order += 'a';
    never.stop();
  });
  never.start(
      millis{10}, [&] { order += 'x'; }, true);
  EXPECT_EQ(loop.foreground_timers(), 2U);
  EXPECT_TRUE(loop.run_until([&] { return order == "ab"; }));
  loop.run_for(millis{20});
  EXPECT_EQ(order, "ab");
}

TEST(loop_host, a_descriptor_is_reported_while_it_is_readable_and_wanted) {
  loop_host loop;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  int calls = 0;
  {
    watch near(loop.core(), ends[0], [&](bool readable, bool writable) {
      EXPECT_TRUE(readable);
      EXPECT_FALSE(writable);
      ++calls;
    });
    ASSERT_EQ(write(ends[1], "x", 1), 1);
    loop.run_for(millis{5});
    EXPECT_EQ(calls, 0);
    ASSERT_TRUE(near.want(true, false));
    EXPECT_TRUE(loop.run_until([&] { return calls >= 3; }));
  }
  loop.run_for(millis{1});
  EXPECT_EQ(loop.watches(), 0U);
  close(ends[0]);
  close(ends[1]);
}

TEST(loop_host, a_callback_may_destroy_its_own_watch_and_anothers) {
  loop_host loop;
  int ends[2];
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  std::unique_ptr<watch> first;
  std::unique_ptr<watch> second;
  int calls = 0;
  auto destroy_both = [&](bool, bool) {
    ++calls;
    first.reset();
    second.reset();
  };
  first = std::make_unique<watch>(loop.core(), ends[0], destroy_both);
  second = std::make_unique<watch>(loop.core(), ends[1], destroy_both);
  ASSERT_TRUE(first->want(false, true));
  ASSERT_TRUE(second->want(false, true));
  loop.run_for(millis{5});
  EXPECT_EQ(calls, 1);
  close(ends[0]);
  close(ends[1]);
}

TEST(loop_host, work_runs_on_another_thread_and_done_on_the_loop) {
  loop_host loop;
  const std::thread::id here = std::this_thread::get_id();
  std::thread::id worked;
  std::thread::id finished;
  ASSERT_TRUE(loop.core().submit(
      pool::io, [&] { worked = std::this_thread::get_id(); }, [&] { finished = std::this_thread::get_id(); }));
  EXPECT_TRUE(loop.run_until([&] { return finished != std::thread::id(); }));
  EXPECT_NE(worked, here);
  EXPECT_EQ(finished, here);
}

TEST(loop_host, a_full_pool_refuses) {
  loop_host loop(1, 1, 1);
  std::atomic<bool> started = false;
  std::atomic<bool> go_on = false;
  int done = 0;
  ASSERT_TRUE(loop.core().submit(
      pool::hash,
      [&] {
        started = true;
        while (!go_on) std::this_thread::yield();
      },
      [&] { ++done; }));
  while (!started) std::this_thread::yield();
  EXPECT_TRUE(loop.core().submit(
      pool::hash, [] {}, [&] { ++done; }));
  EXPECT_FALSE(loop.core().submit(
      pool::hash, [] {}, [&] { ++done; }));
  go_on = true;
  EXPECT_TRUE(loop.run_until([&] { return done == 2; }));
}

TEST(loop_host, a_message_is_kept_with_its_severity) {
  loop_host loop;
  loop.core().log(severity::warn, "the tide is high");
  EXPECT_EQ(loop.logged, std::vector<std::string>{"warn the tide is high"});
  EXPECT_TRUE(loop.has_logged("tide"));
}

TEST(private_postgres, stops_starts_and_keeps_its_data) {
  private_postgres postgres;
  postgres.execute("create table t (n integer); insert into t values (7)");
  postgres.server().stop();
  EXPECT_FALSE(postgres.server().running());
  EXPECT_THROW(postgres.execute("select 1"), std::runtime_error);
  postgres.server().start();
  EXPECT_EQ(postgres.execute("select n from t"), "7");
}

TEST(private_postgres, recovers_from_a_crash) {
  private_postgres postgres;
  postgres.server().kill();
  postgres.server().start();
  EXPECT_EQ(postgres.execute("select 1"), "1");
}

TEST(private_redis, pauses_and_resumes) {
  private_redis redis;
  const auto state = [&] {
    std::ifstream in("/proc/" + std::to_string(redis.server().pid()) + "/stat");
    std::string pid, name, letter;
    in >> pid >> name >> letter;
    return letter;
  };
  redis.server().pause();
  for (int tries = 0; state() != "T" && tries < 100; ++tries)
    std::this_thread::sleep_for(millis(10));  // once it is scheduled
  EXPECT_EQ(state(), "T");
  redis.server().resume();
  EXPECT_NE(state(), "T");
  redis.server().kill();
  redis.server().start();
  EXPECT_TRUE(redis.server().running());
}

}  // namespace

}  // namespace gatehouse
