#include <gtest/gtest.h>

#include <set>

#include "loop_host.h"
#include "postgres/pool.h"
#include "private_postgres.h"

namespace gatehouse::postgres {

namespace {

using namespace std::chrono_literals;
using values = std::vector<std::optional<std::string>>;

options options_for(const std::string& conninfo, const std::vector<std::string>& arguments = {}) {
  result<options> parsed = parse_options(conninfo, arguments, "/");
  if (!parsed) throw std::runtime_error(parsed.failure().what);
  return std::move(*parsed);
}

// A call that has been started and may have ended.
class started {
 public:
  started(loop_host& loop, pool& on, std::string sql, values parameters = {}) : loop_(loop) {
    auto keep = [outcome = outcome_](result<result<answer>> value) {
      outcome->emplace(value ? std::move(*value) : result<answer>(value.failure()));
    };
    spawn<result<answer>>(loop.core().queue(), on.query(std::move(sql), std::move(parameters)), keep);
  }

  bool ended() const { return outcome_->has_value(); }
  result<answer>& wait(millis limit = 15s) {
    if (!loop_.run_until([this] { return ended(); }, limit)) throw std::runtime_error("the call did not end");
    return **outcome_;
  }
  // The first value, or what went wrong.
  std::string text(std::string_view column = "x") {
    const result<answer>& got = wait();
    if (!got) return "failed: " + got.failure().what;
    if (const auto* no = std::get_if<refusal>(&*got)) return "refused: " + no->what;
    const rows& found = std::get<rows>(*got);
    return found.empty() ? "no row" : std::string(found.at(0, column).value_or("null"));
  }
  fault kind() { return wait() ? throw std::runtime_error("unexpected: " + text()) : wait().failure().kind; }

 private:
  loop_host& loop_;
  std::shared_ptr<std::optional<result<answer>>> outcome_ = std::make_shared<std::optional<result<answer>>>();
};

std::string ask(loop_host& loop, pool& on, std::string sql, values parameters = {}) {
  return started(loop, on, std::move(sql), std::move(parameters)).text();
}

std::string backend(loop_host& loop, pool& on) { return ask(loop, on, "SELECT pg_backend_pid() AS x"); }

millis since(steady_time start) { return std::chrono::duration_cast<millis>(steady_now() - start); }

// Until a call succeeds, as the next users' requests would find out.
millis time_to_recover(loop_host& loop, pool& on) {
  const steady_time start = steady_now();
  while (since(start) < 10s) {
    if (ask(loop, on, "SELECT 1 AS x") == "1") return since(start);
    loop.run_for(50ms);
  }
  return since(start);
}

// One server for all tests that leave it running. Times are generous: a test machine may be busy.
class postgres_pool : public testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<private_postgres>(); }
  static void TearDownTestSuite() { server_.reset(); }

  options how(const std::vector<std::string>& arguments = {"timeout=10s"}, const std::string& more = "") const {
    return options_for(server_->conninfo() + more, arguments);
  }

  static inline std::unique_ptr<private_postgres> server_;
  loop_host loop_;
};

TEST_F(postgres_pool, rows_have_columns_nulls_and_an_end) {
  pool db(loop_.core(), how());
  started call(loop_, db, "SELECT v AS number, nullif(v::text, '2') AS word FROM generate_series(1, 3) v");
  const rows& found = std::get<rows>(*call.wait());
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.at(2, "number"), "3");
  EXPECT_EQ(found.at(0, "word"), "1");
  EXPECT_EQ(found.at(1, "word"), std::nullopt);
  EXPECT_THROW(static_cast<void>(found.at(3, "word")), std::out_of_range);
  EXPECT_THROW(static_cast<void>(found.at(0, "colour")), std::out_of_range);
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x WHERE false"), "no row");
  EXPECT_EQ(ask(loop_, db, "SET work_mem = '1MB'"), "no row");
  EXPECT_EQ(loop_.foreground_timers(), 0U);
}

TEST_F(postgres_pool, parameters_arrive_as_they_are) {
  pool db(loop_.core(), how());
  for (const std::string& text :
       {std::string("'; DROP TABLE users; --"), std::string("\\' OR 1=1"), std::string("$1 %s \"x\" \n\r\t"),
        std::string("Ünïcödé 漢字 🔑"), std::string(), std::string(3000000, 'x')}) {
    EXPECT_EQ(ask(loop_, db, "SELECT $1::text AS x", {text}), text);
  }
  EXPECT_EQ(ask(loop_, db, "SELECT $1::text AS x", {std::nullopt}), "null");
  EXPECT_EQ(ask(loop_, db, "SELECT $1::text || $2::text AS x", {"a", "b"}), "ab");
}

TEST_F(postgres_pool, a_nul_is_refused_rather_than_cutting_the_text) {
  pool db(loop_.core(), how());
  EXPECT_EQ(started(loop_, db, "SELECT $1::text AS x", {std::string("a\0b", 3)}).kind(), fault::invalid);
}

TEST_F(postgres_pool, notifications_are_heard_when_idle_and_along_with_an_answer) {
  options single = how();
  single.pool = 1;  // each connection hears each notification
  pool db(loop_.core(), single);
  std::vector<std::string> heard;
  db.listen("news", [&](std::string_view payload) { heard.emplace_back(payload); });
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x"), "1");
  server_->execute("NOTIFY news, 'one'");
  EXPECT_TRUE(loop_.run_until([&] { return heard.size() == 1; }, 2s));
  EXPECT_EQ(ask(loop_, db, "SELECT pg_notify('news', 'two')::text AS x"), "");
  EXPECT_TRUE(loop_.run_until([&] { return heard.size() == 2; }, 2s));
  EXPECT_EQ(heard, (std::vector<std::string>{"one", "two"}));
  server_->execute("NOTIFY others, 'three'");
  EXPECT_EQ(ask(loop_, db, "SELECT 2 AS x"), "2");
  EXPECT_EQ(heard.size(), 2U);
  EXPECT_EQ(loop_.foreground_timers(), 0U);
}

TEST_F(postgres_pool, a_refusal_has_its_sqlstate_and_leaves_the_connection) {
  pool db(loop_.core(), how());
  const std::string pid = backend(loop_, db);
  server_->execute("CREATE TABLE unique_things (thing text CONSTRAINT only_once UNIQUE)");
  EXPECT_EQ(ask(loop_, db, "INSERT INTO unique_things VALUES ('hush') RETURNING 1 AS x"), "1");
  started again(loop_, db, "INSERT INTO unique_things VALUES ('hush')");
  const auto& no = std::get<refusal>(*again.wait());
  EXPECT_EQ(no.sqlstate, "23505");
  EXPECT_EQ(no.constraint, "only_once");
  EXPECT_NE(no.what.find(server_->host()), std::string::npos) << no.what;
  EXPECT_EQ(no.what.find("hush"), std::string::npos) << no.what;

  started unknown(loop_, db, "SELECT * FROM no_such_table");
  EXPECT_EQ(std::get<refusal>(*unknown.wait()).sqlstate, "42P01");
  started two(loop_, db, "SELECT 1; SELECT 2");
  EXPECT_EQ(std::get<refusal>(*two.wait()).sqlstate, "42601");
  EXPECT_EQ(backend(loop_, db), pid);
}

TEST_F(postgres_pool, notices_go_to_the_log) {
  pool db(loop_.core(), how());
  ask(loop_, db, "DO $$ BEGIN RAISE WARNING 'mind the gap'; END $$");
  EXPECT_TRUE(loop_.has_logged("mind the gap"));
}

TEST_F(postgres_pool, calls_share_the_connections_and_wait_in_turn) {
  pool db(loop_.core(), how({"pool=3", "timeout=10s"}));
  std::vector<started> calls;
  for (int i = 0; i < 6; ++i) calls.emplace_back(loop_, db, "SELECT pg_backend_pid() AS x FROM pg_sleep(0.5)");
  std::set<std::string> backends;
  for (started& each : calls) backends.insert(each.text());
  EXPECT_EQ(backends.size(), 3U);
  EXPECT_EQ(db.epoch(), 1U);
}

TEST_F(postgres_pool, the_queue_is_bounded) {
  pool db(loop_.core(), how({"pool=1", "queue=2", "timeout=10s"}));
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x"), "1");
  started running(loop_, db, "SELECT 'first' AS x FROM pg_sleep(0.2)");
  started second(loop_, db, "SELECT 'second' AS x");
  started third(loop_, db, "SELECT 'third' AS x");
  started too_many(loop_, db, "SELECT 'fourth' AS x");
  EXPECT_EQ(too_many.kind(), fault::overloaded);
  EXPECT_FALSE(running.ended());
  EXPECT_EQ(third.text(), "third");
  EXPECT_TRUE(running.ended() && second.ended());
  EXPECT_EQ(running.text(), "first");
  EXPECT_EQ(second.text(), "second");
}

TEST_F(postgres_pool, a_call_past_its_deadline_takes_its_connection_with_it) {
  pool db(loop_.core(), how({"pool=1", "timeout=2s"}, " options='-c statement_timeout=0'"));
  const std::string pid = backend(loop_, db);
  const steady_time start = steady_now();
  started slow(loop_, db, "SELECT 'late' AS x FROM pg_sleep(20)");
  started waiting(loop_, db, "SELECT 1 AS x");
  EXPECT_EQ(slow.kind(), fault::unavailable);
  EXPECT_EQ(waiting.kind(), fault::unavailable);
  EXPECT_GE(since(start), 2s);
  EXPECT_LT(since(start), 15s);
  const std::string next = backend(loop_, db);
  EXPECT_NE(next, pid);
  EXPECT_EQ(next.find_first_not_of("0123456789"), std::string::npos) << next;
}

TEST_F(postgres_pool, the_server_too_ends_a_statement_at_the_deadline) {
  pool db(loop_.core(), how({"pool=1"}, " options='-c statement_timeout=100'"));
  const std::string pid = backend(loop_, db);
  started slow(loop_, db, "SELECT 1 AS x FROM pg_sleep(5)");
  EXPECT_EQ(slow.kind(), fault::unavailable);
  EXPECT_NE(slow.text().find("57014"), std::string::npos) << slow.text();
  EXPECT_EQ(backend(loop_, db), pid) << "it is as good as before";
}

TEST_F(postgres_pool, a_connection_that_ends_while_idle_is_noticed_before_it_is_used) {
  pool db(loop_.core(), how());
  const std::string pid = backend(loop_, db);
  EXPECT_EQ(loop_.watches(), 1U);
  server_->execute("SELECT pg_terminate_backend(" + pid + ")");
  EXPECT_TRUE(loop_.run_until([&] { return loop_.watches() == 0; }));
  EXPECT_NE(backend(loop_, db), pid);
  EXPECT_EQ(db.epoch(), 2U);
}

TEST_F(postgres_pool, a_connection_that_ends_during_a_call_is_unavailable) {
  pool db(loop_.core(), how({"pool=1", "timeout=10s"}));
  const std::string pid = backend(loop_, db);
  started slow(loop_, db, "SELECT 1 AS x FROM pg_sleep(5)");
  loop_.run_for(50ms);
  server_->execute("SELECT pg_terminate_backend(" + pid + ")");
  EXPECT_EQ(slow.kind(), fault::unavailable);
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x"), "1");
}

TEST_F(postgres_pool, copy_is_a_defect_and_not_a_hang) {
  pool db(loop_.core(), how({"pool=1", "timeout=10s"}));
  EXPECT_EQ(started(loop_, db, "COPY (SELECT 1) TO STDOUT").kind(), fault::internal);
  EXPECT_EQ(started(loop_, db, "").kind(), fault::internal) << "an empty statement";
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x"), "1");
}

TEST_F(postgres_pool, the_first_host_that_answers_is_taken) {
  pool db(loop_.core(), options_for("host=/nowhere," + server_->host() + " port=1," + std::to_string(server_->port()) +
                                    " user=gatehouse dbname=postgres target_session_attrs=read-write"));
  EXPECT_EQ(ask(loop_, db, "SELECT 1 AS x"), "1");
}

TEST_F(postgres_pool, closing_answers_everyone) {
  auto db = std::make_unique<pool>(loop_.core(), how({"pool=1", "timeout=10s"}));
  EXPECT_EQ(ask(loop_, *db, "SELECT 1 AS x"), "1");
  started running(loop_, *db, "SELECT 1 AS x FROM pg_sleep(5)");
  started waiting(loop_, *db, "SELECT 1 AS x");
  db->close();
  EXPECT_EQ(running.kind(), fault::unavailable);
  EXPECT_EQ(waiting.kind(), fault::unavailable);
  EXPECT_EQ(started(loop_, *db, "SELECT 1 AS x").kind(), fault::unavailable);
  EXPECT_EQ(loop_.watches(), 0U);
  EXPECT_EQ(loop_.foreground_timers(), 0U);
}

TEST_F(postgres_pool, without_room_for_a_descriptor_it_is_unavailable) {
  pool db(loop_.core(), how());
  loop_.refuse_watches(true);
  EXPECT_EQ(started(loop_, db, "SELECT 1 AS x").kind(), fault::unavailable);
  loop_.refuse_watches(false);
  EXPECT_LT(time_to_recover(loop_, db), 5s);
}

TEST_F(postgres_pool, without_room_in_the_thread_pool_it_is_unavailable) {
  loop_host full(1, 1, 0);
  pool db(full.core(), how());
  started call(full, db, "SELECT 1 AS x");
  EXPECT_EQ(call.kind(), fault::unavailable);
  EXPECT_NE(call.text().find("gatehouse_io"), std::string::npos);
}

TEST(postgres_pool_server, a_password_comes_from_its_file_and_appears_nowhere) {
  const private_folder folder("password");
  const std::string rules = folder.write("hba", "local all gatehouse trust\nlocal all guarded scram-sha-256\n");
  private_postgres server({"hba_file=" + rules});
  server.execute("CREATE ROLE guarded LOGIN PASSWORD 'correct horse'");
  const std::string conninfo = "host=" + server.host() + " port=" + std::to_string(server.port()) +
                               " user=guarded dbname=postgres password_file=";
  loop_host loop;
  pool right(loop.core(), options_for(conninfo + folder.write("right", "correct horse\n")));
  EXPECT_EQ(ask(loop, right, "SELECT current_user AS x"), "guarded");

  pool wrong(loop.core(), options_for(conninfo + folder.write("wrong", "battery staple\n")));
  const std::string failure = ask(loop, wrong, "SELECT 1 AS x");
  EXPECT_NE(failure.find("password authentication failed"), std::string::npos) << failure;
  EXPECT_EQ(failure.find("battery"), std::string::npos) << failure;
  EXPECT_FALSE(loop.has_logged("battery"));
}

TEST(postgres_pool_server, down_fails_at_once_and_is_tried_again_after_a_while) {
  private_postgres server;
  server.server().stop();
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"timeout=5s"}));
  const steady_time start = steady_now();
  started first(loop, db, "SELECT 1 AS x");
  EXPECT_EQ(first.kind(), fault::unavailable);
  EXPECT_NE(first.text().find(server.host()), std::string::npos);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(started(loop, db, "SELECT 1 AS x").kind(), fault::unavailable);
  EXPECT_LT(since(start), 5s) << "no deadline is waited for";

  for (int i = 0; i < 40; ++i) {  // far into the back-off
    ask(loop, db, "SELECT 1 AS x");
    loop.run_for(50ms);
  }
  EXPECT_EQ(loop.logged.size(), 1U) << "one line an outage";
  server.server().start();
  EXPECT_LT(time_to_recover(loop, db), 5s);
  EXPECT_TRUE(loop.has_logged("connected again"));
}

TEST(postgres_pool_server, a_killed_server_is_unavailable_until_it_is_back) {
  private_postgres server;
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"pool=2", "timeout=5s"}));
  started one(loop, db, "SELECT 1 AS x FROM pg_sleep(0.1)");
  started two(loop, db, "SELECT 2 AS x");
  EXPECT_EQ(one.text() + two.text(), "12");

  started slow(loop, db, "SELECT 1 AS x FROM pg_sleep(1)");
  loop.run_for(50ms);
  server.server().kill();
  EXPECT_EQ(slow.kind(), fault::unavailable);
  EXPECT_EQ(started(loop, db, "SELECT 1 AS x").kind(), fault::unavailable);
  EXPECT_EQ(loop.watches(), 0U);
  server.server().start();
  EXPECT_LT(time_to_recover(loop, db), 5s);
}

TEST(postgres_pool_server, a_restart_between_two_calls_goes_unnoticed) {
  private_postgres server;
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"timeout=5s"}));
  EXPECT_EQ(ask(loop, db, "SELECT 1 AS x"), "1");
  server.server().stop();
  server.server().start();
  loop.run_for(10ms);
  EXPECT_EQ(ask(loop, db, "SELECT 1 AS x"), "1");
}

TEST(postgres_pool_server, a_hung_server_is_a_failed_server) {
  private_postgres server;
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"timeout=500ms"}));
  for (int tries = 0; tries < 60 && ask(loop, db, "SELECT 1 AS x") != "1"; ++tries) {  // a busy machine needs longer
  }
  EXPECT_EQ(ask(loop, db, "SELECT 1 AS x"), "1");
  server.server().pause();
  for (int i = 0; i < 3; ++i) {
    const steady_time start = steady_now();
    started call(loop, db, "SELECT 1 AS x");
    EXPECT_EQ(call.kind(), fault::unavailable);
    EXPECT_LT(since(start), 5s);
  }
  server.server().resume();
  EXPECT_LT(time_to_recover(loop, db), 5s);
}

TEST(postgres_pool_server, one_thread_at_a_time_waits_for_a_hung_server) {
  private_postgres server;
  server.server().pause();
  loop_host loop(1, 2);
  pool db(loop.core(), options_for(server.conninfo(), {"timeout=200ms"}));
  std::vector<started> calls;
  for (int i = 0; i < 10; ++i) calls.emplace_back(loop, db, "SELECT 1 AS x");
  bool other_ran = false;
  ASSERT_TRUE(loop.core().submit(
      gatehouse::pool::io, [] {}, [&] { other_ran = true; }));
  EXPECT_TRUE(loop.run_until([&] { return other_ran; }, 1500ms));
  for (started& each : calls) EXPECT_EQ(each.kind(), fault::unavailable);
  server.server().resume();
}

TEST(postgres_pool_server, a_connect_may_outlive_the_pool) {
  private_postgres server;
  server.server().pause();
  loop_host loop;
  {
    pool db(loop.core(), options_for(server.conninfo(), {"timeout=5s"}));
    started call(loop, db, "SELECT 1 AS x");
    loop.run_for(50ms);
    db.close();
    EXPECT_EQ(call.kind(), fault::unavailable);
  }
  server.server().resume();
  loop.run_for(200ms);  // the thread ends meanwhile
  EXPECT_EQ(loop.watches(), 0U);
}

TEST(postgres_pool_server, a_server_turned_standby_is_left) {
  private_postgres server({"default_transaction_read_only=on"});
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"pool=1", "timeout=5s"}));
  const std::string pid = backend(loop, db);
  started write(loop, db, "CREATE TABLE anything (x int)");
  EXPECT_EQ(write.kind(), fault::unavailable);
  EXPECT_NE(write.text().find("25006"), std::string::npos) << write.text();
  EXPECT_NE(backend(loop, db), pid);
}

TEST(postgres_pool_server, too_many_clients_is_no_reason_to_fail_while_one_connection_works) {
  private_postgres server({"max_connections=4", "superuser_reserved_connections=0", "max_wal_senders=0"});
  loop_host loop;
  pool db(loop.core(), options_for(server.conninfo(), {"pool=10", "timeout=10s"}));
  std::vector<started> calls;
  for (int i = 0; i < 20; ++i) calls.emplace_back(loop, db, "SELECT 1 AS x FROM pg_sleep(0.1)");
  for (started& each : calls) EXPECT_EQ(each.text(), "1");
}

}  // namespace

}  // namespace gatehouse::postgres
