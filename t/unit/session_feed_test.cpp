#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "loop_host.h"
#include "page_memory.h"
#include "private_redis.h"
#include "session/feed.h"
#include "session/store.h"

namespace gatehouse::session {

namespace {

constexpr seconds access_lifetime{900};

// One nginx: a zone, and the parts of a worker.
struct node {
  node(loop_host& on, const redis::options& to) : loop(on) {
    EXPECT_TRUE(zone::lay_out(memory.data(), memory.size()).ok());
    shared.emplace(loop.core(), memory.data());
    connection.emplace(loop.core(), to);
    table.emplace(*revocations::attach(*shared, "main"));
    sessions.emplace(*connection, "main", access_lifetime, &*table);
  }

  std::unique_ptr<feed> new_feed() {
    auto made = std::make_unique<feed>(loop.core(), connection->settings(), "main", access_lifetime, *table);
    made->start();
    return made;
  }

  standing guard(const head& session) const {
    const holder token{session_mark("main", session.sid), user_mark("main", session.user_id), session.auth_version,
                       session.now};
    return table->judge(token, steady_seconds());
  }

  loop_host& loop;
  page_memory memory{zone::least_size};
  std::optional<zone> shared;
  std::optional<redis::connection> connection;
  std::optional<revocations> table;
  std::optional<store> sessions;
};

class session_feed : public ::testing::Test {
 protected:
  template <class T>
  T must(task<result<T>> work) {
    result<result<T>> given = loop_.await(std::move(work));
    if (!given) throw std::runtime_error(given.failure().what);
    if (!*given) throw std::runtime_error(given->failure().what);
    return std::move(**given);
  }
  redis::reply command(node& at, std::vector<std::string> words) {
    return must(at.connection->command(std::move(words)));
  }
  std::int64_t feed_length(node& at) { return command(at, {"XLEN", feed_key("main")}).integer; }

  head open(node& at, const std::string& user) {
    opening with;
    with.user_id = user;
    with.auth_version = 1;
    with.client = "rest";
    with.lifetimes = {access_lifetime, seconds{3600}, seconds{86400}, seconds{10}};
    return std::get<head>(must(at.sessions->open(with)));
  }

  void end(std::unique_ptr<feed>& tail) {
    tail->stop();
    ASSERT_TRUE(loop_.run_until([&] { return tail->finished(); }));
    tail.reset();
  }
  bool wait(const std::function<bool()>& what, millis limit = millis{5000}) { return loop_.run_until(what, limit); }
  bool synchronised(node& at) {
    return wait([&] { return at.table->synchronised(); });
  }

  // Redis is back, and both the feed and the commands have found it.
  void await_recovery(node& at) {
    at.table->state().read_at = 0;
    ASSERT_TRUE(synchronised(at));
    const steady_time start = steady_now();
    while (!(*loop_.await(at.sessions->ping())).ok() && steady_now() - start < millis{5000}) loop_.run_for(millis{20});
  }

  private_redis redis_;
  loop_host loop_;
  redis::options to_ = redis_.patient();
};

TEST_F(session_feed, an_empty_stream_read_to_its_end_is_synchronised) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  EXPECT_FALSE(here.table->synchronised());
  ASSERT_TRUE(synchronised(here));
  EXPECT_LT(here.table->age(), millis{1000});
  loop_.run_for(millis{2500});
  EXPECT_LT(here.table->age(), millis{1500}) << "shows life while nothing happens";
  EXPECT_EQ(loop_.foreground_timers(), 0U) << "does not keep a quitting worker alive";
  end(tail);
  EXPECT_EQ(loop_.watches(), 0U);
}

TEST_F(session_feed, requirement_35_a_logout_on_one_node_is_effective_on_another_at_once) {
  node here(loop_, to_);
  node there(loop_, to_);
  auto tail = there.new_feed();
  ASSERT_TRUE(synchronised(there));
  const head session = open(here, "ann");
  const head other = open(here, "ann");
  must(here.sessions->end(session.sid, "ann"));
  ASSERT_TRUE(wait([&] { return there.guard(session) == standing::revoked; }));
  EXPECT_EQ(there.guard(other), standing::valid);

  store::change change;
  change.user_id = "ann";
  change.least = 2;
  change.how = ending::expire;
  must(here.sessions->end_all(change));
  EXPECT_TRUE(wait([&] { return there.guard(other) == standing::expired; }));
  end(tail);
}

TEST_F(session_feed, what_happened_before_is_read_first) {
  node here(loop_, to_);
  std::vector<head> ended;
  for (int i = 0; i < 5; ++i) ended.push_back(open(here, "ann"));
  for (const head& each : ended) must(here.sessions->end(each.sid, "ann"));
  for (int i = 0; i < 2500; ++i) {  // several pages
    std::vector<std::string> words{"XADD",   feed_key("main"), "*", "until", std::to_string(now_seconds() + 100),
                                   "session"};
    words.push_back(session_mark("main", std::to_string(i)).hex());
    command(here, words);
  }
  node there(loop_, to_);
  auto tail = there.new_feed();
  ASSERT_TRUE(synchronised(there));
  for (const head& each : ended) EXPECT_EQ(there.guard(each), standing::revoked);
  EXPECT_TRUE(there.table->floor() > 0 || there.table->live(steady_seconds()).size() == 2505U);
  end(tail);
}

// Issue 10.2
TEST_F(session_feed, what_matters_by_its_own_word_is_read_however_old_it_is) {
  node here(loop_, to_);
  const std::string older = std::to_string((now_seconds() - 2000) * 1000) + "-0";
  const std::string old = std::to_string((now_seconds() - 1900) * 1000) + "-0";
  const std::string over = std::to_string(now_seconds());
  const std::string until = std::to_string(now_seconds() + 100);
  command(here, {"XADD", feed_key("main"), older, "until", over, "session", session_mark("main", "old").hex()});
  command(here, {"XADD", feed_key("main"), old, "until", until, "session", session_mark("main", "young").hex()});
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  const std::vector<revocation> read = here.table->live(steady_seconds());
  ASSERT_EQ(read.size(), 1U);
  EXPECT_EQ(read[0].subject, session_mark("main", "young"));
  end(tail);
}

// Issue 10.8
TEST_F(session_feed, clocks_that_disagree_or_are_set_lose_no_logout) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  const std::string over = std::to_string(now_seconds() - 7200);  // for Redis' clock has been set back
  const mark session = session_mark("main", "s");
  command(here, {"XADD", feed_key("main"), "*", "until", over, "session", session.hex()});
  const holder token{session, user_mark("main", "ann"), 1, now_seconds()};
  EXPECT_TRUE(wait([&] { return here.table->judge(token, steady_seconds()) == standing::revoked; }));
  EXPECT_EQ(here.table->judge(token, steady_seconds() + 900), standing::revoked);
  end(tail);
}

// Issue 10.3
TEST_F(session_feed, a_redis_that_may_have_forgotten_is_told_of_until_it_has_been_checked) {
  node here(loop_, to_);
  std::vector<std::string> runs;
  const auto connect_anew = [&] {
    feed tail(loop_.core(), to_, "main", access_lifetime, *here.table);
    tail.on_doubt([&](std::string run_id) { runs.push_back(run_id); });
    tail.start();
    here.table->state().read_at = here.table->state().read_at == 0 ? 0 : 1;
    EXPECT_TRUE(wait([&] { return here.table->state().read_at > 1; }));
    tail.stop();
    EXPECT_TRUE(loop_.run_until([&] { return tail.finished(); }));
  };
  connect_anew();
  ASSERT_EQ(runs.size(), 1U) << "nobody has checked it";
  EXPECT_EQ(runs[0].size(), 32U);
  connect_anew();
  ASSERT_EQ(runs.size(), 2U);
  (void)loop_.await(here.sessions->remember_run(runs[0]));
  connect_anew();
  EXPECT_EQ(runs.size(), 2U);
  redis_.server().stop();
  redis_.server().start();
  connect_anew();
  EXPECT_EQ(runs.size(), 3U);
}

TEST_F(session_feed, an_entry_that_is_not_understood_is_logged_and_the_rest_read) {
  node here(loop_, to_);
  command(here, {"XADD", feed_key("main"), "*", "future", "1"});
  const head session = open(here, "ann");
  must(here.sessions->end(session.sid, "ann"));
  node there(loop_, to_);
  auto tail = there.new_feed();
  ASSERT_TRUE(synchronised(there));
  EXPECT_EQ(there.guard(session), standing::revoked);
  EXPECT_TRUE(loop_.has_logged("is not understood"));
  end(tail);
}

TEST_F(session_feed, while_redis_is_down_it_is_never_synchronised_and_then_it_is) {
  redis_.server().stop();
  node here(loop_, to_);
  auto tail = here.new_feed();
  loop_.run_for(millis{500});
  EXPECT_TRUE(loop_.logged.empty()) << "it may be over soon";
  ASSERT_TRUE(wait([&] { return !loop_.logged.empty(); }));
  loop_.run_for(millis{1500});
  EXPECT_FALSE(here.table->synchronised());
  EXPECT_EQ(loop_.logged.size(), 1U) << "logged once";
  EXPECT_TRUE(loop_.has_logged("cannot be read: redis unix:"));
  redis_.server().start();
  ASSERT_TRUE(synchronised(here));
  EXPECT_TRUE(loop_.has_logged("feed is read"));
  end(tail);
}

TEST_F(session_feed, a_hung_redis_ages_the_table_and_recovers_within_5_s) {
  to_.timeout = to_.connect_timeout = millis{250};
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  redis_.server().pause();
  loop_.run_for(millis{3000});
  EXPECT_TRUE(here.table->synchronised());
  EXPECT_GT(here.table->age(), millis{2000});
  redis_.server().resume();
  EXPECT_TRUE(wait([&] { return here.table->age() < millis{500}; }));
  end(tail);
}

TEST_F(session_feed, a_short_timeout_does_not_break_a_blocking_read_off) {
  node here(loop_, to_);
  to_.timeout = millis{10};
  feed tail(loop_.core(), to_, "main", access_lifetime, *here.table);
  tail.start();
  ASSERT_TRUE(synchronised(here));
  loop_.logged.clear();
  loop_.run_for(millis{900});
  redis_.server().pause();  // over the end of the read's second
  loop_.run_for(millis{150});
  redis_.server().resume();
  loop_.run_for(millis{300});
  EXPECT_TRUE(loop_.logged.empty()) << loop_.logged[0];
  tail.stop();
  ASSERT_TRUE(loop_.run_until([&] { return tail.finished(); }));
}

TEST_F(session_feed, a_restart_that_lost_nothing_appends_nothing) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  const head session = open(here, "ann");
  must(here.sessions->end(session.sid, "ann"));
  ASSERT_TRUE(wait([&] { return here.table->state().cursor_count + here.table->state().cursor_time > 0; }));
  redis_.server().stop();
  redis_.server().start();
  await_recovery(here);
  EXPECT_EQ(feed_length(here), 1);
  end(tail);
}

TEST_F(session_feed, a_restart_that_lost_entries_gets_them_back) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  const head session = open(here, "ann");
  must(here.sessions->end(session.sid, "ann"));
  store::change change;
  change.user_id = "bob";
  change.least = 4;
  change.keep_sid = "kept";
  must(here.sessions->end_all(change));
  redis_.server().kill();
  std::filesystem::remove_all(redis_.folder().path() / "appendonlydir");
  redis_.server().start();
  await_recovery(here);
  EXPECT_EQ(feed_length(here), 2);

  node fresh(loop_, to_);
  auto other = fresh.new_feed();
  ASSERT_TRUE(synchronised(fresh));
  EXPECT_EQ(fresh.guard(session), standing::revoked);
  const holder bob{mark{1, 1}, user_mark("main", "bob"), 3, now_seconds()};
  EXPECT_EQ(fresh.table->judge(bob, steady_seconds()), standing::revoked);
  const holder kept{session_mark("main", "kept"), user_mark("main", "bob"), 3, now_seconds()};
  EXPECT_EQ(fresh.table->judge(kept, steady_seconds()), standing::valid);
  end(other);
  end(tail);
}

// Issue 10.6: more than a batch, while the table stays fresh and nobody else takes the lease.
TEST_F(session_feed, many_entries_are_given_back_in_batches) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  revocation ended;
  ended.until = steady_seconds() + 900;
  for (int i = 0; i < 1700; ++i) {
    ended.subject = session_mark("main", std::to_string(i));
    here.table->add(ended, steady_seconds());
  }
  const std::int64_t holder = here.table->state().holder;
  command(here, {"XADD", feed_key("main"), "*", "until", "1", "session", mark{1, 1}.hex()});
  loop_.run_for(millis{50});
  command(here, {"FLUSHALL"});
  command(here, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  // 1700, and the one that has just been heard of
  EXPECT_TRUE(wait([&] { return feed_length(here) == 1701; }));
  EXPECT_EQ(here.table->state().holder, holder);
  node fresh(loop_, to_);
  auto other = fresh.new_feed();
  ASSERT_TRUE(synchronised(fresh));
  EXPECT_EQ(fresh.table->live(steady_seconds()).size(), 1701U);
  end(other);
  end(tail);
}

TEST_F(session_feed, a_stream_that_went_back_gets_its_entries_back) {
  node here(loop_, to_);
  auto tail = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  const head session = open(here, "ann");
  must(here.sessions->end(session.sid, "ann"));
  loop_.run_for(millis{50});
  command(here, {"DEL", feed_key("main")});
  command(here, {"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  EXPECT_TRUE(wait([&] { return feed_length(here) == 1; }));
  end(tail);
}

TEST_F(session_feed, one_worker_of_a_zone_reads_and_another_takes_over_when_it_stops) {
  node here(loop_, to_);
  auto first = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  auto second = here.new_feed();
  loop_.run_for(millis{600});
  EXPECT_EQ(loop_.watches(), 1U);
  end(first);
  EXPECT_TRUE(wait([&] { return loop_.watches() == 1; }));
  here.table->state().read_at = 0;
  EXPECT_TRUE(synchronised(here));
  end(second);
}

// Issue 10.1
TEST_F(session_feed, a_worker_that_cannot_read_keeps_nobody_from_it_who_can) {
  node here(loop_, to_);
  redis::options wrong = to_;
  wrong.unix_path += ".not";
  feed first(loop_.core(), wrong, "main", access_lifetime, *here.table);
  first.start();
  loop_.run_for(millis{100});
  auto second = here.new_feed();
  ASSERT_TRUE(synchronised(here));
  loop_.run_for(millis{2000});
  EXPECT_LT(here.table->age(), millis{1500});
  EXPECT_FALSE(loop_.has_logged("cannot be read"));
  first.stop();
  ASSERT_TRUE(loop_.run_until([&] { return first.finished(); }));
  end(second);
}

// Issue 10.1
TEST_F(session_feed, a_worker_that_quits_reads_on_until_another_takes_over) {
  node here(loop_, to_);
  loop_.quitting = true;
  auto old = here.new_feed();
  ASSERT_TRUE(synchronised(here)) << "there is no other";
  const std::int64_t holder = here.table->state().holder;
  loop_.run_for(millis{1500});
  EXPECT_EQ(here.table->state().holder, holder);
  EXPECT_LT(here.table->age(), millis{1500});

  loop_host another;
  feed younger(another.core(), to_, "main", access_lifetime, *here.table);
  younger.start();
  EXPECT_TRUE(another.run_until([&] { return here.table->state().holder != holder; }, millis{600}));
  const std::int64_t taken = here.table->state().holder;
  loop_.run_for(millis{1500});
  EXPECT_EQ(here.table->state().holder, taken) << "and it does not take it back";
  younger.stop();
  ASSERT_TRUE(another.run_until([&] { return younger.finished(); }));
  end(old);
}

TEST_F(session_feed, a_worker_that_is_gone_is_replaced_at_once) {
  const pid_t child = fork();
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
  node here(loop_, to_);
  here.table->state().holder = std::int64_t{child} << 20 | 1;
  here.table->state().beat = steady_millis();
  auto tail = here.new_feed();
  EXPECT_TRUE(wait([&] { return here.table->synchronised(); }));
  end(tail);
}

TEST_F(session_feed, a_worker_that_shows_no_life_is_replaced) {
  node here(loop_, to_);
  realm_state& state = here.table->state();
  state.holder = std::int64_t{getpid()} << 20 | 0xfffff;
  state.beat = steady_millis() - 3000;
  auto tail = here.new_feed();
  loop_.run_for(millis{500});
  EXPECT_FALSE(here.table->synchronised()) << "it may still come back";
  EXPECT_TRUE(wait([&] { return here.table->synchronised(); }));
  end(tail);
}

TEST_F(session_feed, stops_at_any_moment) {
  node here(loop_, to_);
  for (int wait = 0; wait < 20; wait += 2) {
    auto tail = here.new_feed();
    loop_.run_for(millis{wait});
    end(tail);
  }
  EXPECT_EQ(here.table->state().holder, 0);
}

TEST(session_feed_entry, is_read_as_it_was_written) {
  revocation user;
  user.kind = revocation::type::user_expire;
  user.subject = user_mark("main", "ann");
  user.least = 7;
  user.keep = session_mark("main", "s");
  user.until = 1'800'000'000;
  revocation session;
  session.subject = session_mark("main", "s");
  session.until = 1'800'000'000;
  revocation raised = session;
  raised.kind = revocation::type::session_raised;
  raised.least = 1'700'000'001;
  for (const revocation& what : {user, session, raised}) {
    redis::reply element;
    element.kind = redis::reply::type::array;
    element.elements.resize(2);
    element.elements[0].text = "1700000000123-4";
    for (const std::string& field : encode_entry(what)) {
      element.elements[1].elements.emplace_back().text = field;
    }
    const std::optional<feed_entry> entry = decode_entry(element);
    ASSERT_TRUE(entry && entry->what);
    EXPECT_EQ(entry->id, (stream_id{1700000000123, 4}));
    EXPECT_EQ(entry->what->at, 1700000000);
    EXPECT_EQ(entry->what->kind, what.kind);
    EXPECT_EQ(entry->what->subject, what.subject);
    EXPECT_EQ(entry->what->least, what.least);
    EXPECT_EQ(entry->what->keep, what.keep);
    EXPECT_EQ(entry->what->until, what.until);
  }
}

TEST(session_feed_entry, ids_sort_by_time_and_then_by_count) {
  EXPECT_EQ(parse_stream_id("1-2"), (stream_id{1, 2}));
  EXPECT_LT(*parse_stream_id("9-9"), *parse_stream_id("10-0"));
  EXPECT_LT(*parse_stream_id("10-9"), *parse_stream_id("10-10"));
  EXPECT_EQ((stream_id{3, 4}).text(), "3-4");
  for (const char* wrong : {"", "-", "1", "1-", "-1", "a-1", "1-1-1", "99999999999999999999-1"}) {
    EXPECT_FALSE(parse_stream_id(wrong).has_value()) << wrong;
  }
}

}  // namespace

}  // namespace gatehouse::session
