#include <gtest/gtest.h>

#include <set>

#include "base/uuid.h"
#include "session_store_fixture.h"

namespace gatehouse::session {

namespace {

// ---- open

TEST_F(session_store, a_session_is_opened_with_all_that_a_token_needs) {
  const unix_seconds before = now_seconds();
  const head made = open("ann");
  EXPECT_EQ(made.user_id, "ann");
  EXPECT_EQ(made.generation, 1);
  EXPECT_EQ(made.key_id, "k1");
  EXPECT_EQ(made.auth_version, 1);
  EXPECT_EQ(made.user_json, R"({"name":"Ann"})");
  EXPECT_EQ(made.client, "rest");
  EXPECT_EQ(made.policy, policy::rotating);
  EXPECT_EQ(made.amr, "pwd");
  EXPECT_GE(made.now, before);
  EXPECT_LE(made.now, now_seconds());
  EXPECT_EQ(made.issued_at, made.now);
  EXPECT_EQ(made.created_at, made.now);
  EXPECT_EQ(made.auth_time, made.now);
  EXPECT_EQ(made.expires_at, made.now + 3600);
  EXPECT_NEAR(command({"TTL", "gatehouse:{main}:session:" + made.sid}).integer, 3600, 2);
  EXPECT_NEAR(command({"TTL", "gatehouse:{main}:sessions:ann"}).integer, 3600, 2);
  EXPECT_EQ(guard(made), standing::valid);
}

TEST_F(session_store, requirement_28_and_34_every_log_in_has_a_fresh_uuid_as_sid) {
  std::set<std::string> sids;
  for (int i = 0; i < 50; ++i) sids.insert(open("ann").sid);
  EXPECT_EQ(sids.size(), 50U);
  for (const std::string& sid : sids) EXPECT_TRUE(is_uuid(sid)) << sid;
}

TEST_F(session_store, bytes_survive_whatever_they_are) {
  opening with = of("ann");
  with.user_json = std::string("{\"name\":\"\xc3\x84 \\u0000 \0 \r\n'\"}", 26);
  with.user_agent = std::string(5000, 'x');
  const head made = open(with);
  EXPECT_EQ(made.user_json, with.user_json);
  EXPECT_EQ(must(store_->list("ann"))[0].user_agent, std::string(256, 'x'));
}

TEST_F(session_store, a_stale_auth_version_opens_nothing) {
  store::change change;
  change.user_id = "ann";
  change.least = 3;
  must(store_->end_all(change));
  opening with = of("ann");
  with.auth_version = 2;
  EXPECT_TRUE(std::holds_alternative<stale_auth_version>(must(store_->open(with))));
  EXPECT_TRUE(must(store_->list("ann")).empty());
  with.auth_version = 3;
  EXPECT_TRUE(std::holds_alternative<head>(must(store_->open(with))));
  EXPECT_GE(command({"TTL", "gatehouse:{main}:least:ann"}).integer, 900 + 100);
}

TEST_F(session_store, single_refuses_a_second_log_in_while_the_first_lives) {
  opening with = of("ann");
  open(with);  // of another client: does not count
  with.client = "csrf";
  with.policy = policy::single;
  const head first = open(with);
  EXPECT_TRUE(std::holds_alternative<already_open>(must(store_->open(with))));
  with.user_id = "bob";
  open(with);
  EXPECT_TRUE(must(store_->end(first.sid, "ann")));
  with.user_id = "ann";
  open(with);
}

TEST_F(session_store, at_most_100_sessions_the_oldest_ends) {
  std::vector<head> all;
  opening with = of("ann");
  for (int i = 0; i < 100; ++i) {
    with.lifetimes.idle = seconds{3600 + i};
    all.push_back(open(with));
  }
  EXPECT_TRUE(feed().empty());
  with.lifetimes.idle = seconds{7200};
  const head last = open(with);
  EXPECT_EQ(must(store_->list("ann")).size(), 100U);
  EXPECT_FALSE(lives(all[0].sid));
  EXPECT_TRUE(lives(all[1].sid));
  EXPECT_TRUE(lives(last.sid));
  EXPECT_TRUE(told("session=" + session_mark("main", all[0].sid).hex()));
  EXPECT_EQ(guard(all[0]), standing::revoked);
  EXPECT_EQ(guard(all[1]), standing::valid);
}

TEST_F(session_store, realms_do_not_meet) {
  store other(*connection_, "staff", seconds{900}, nullptr);
  const head made = open("ann");
  EXPECT_FALSE(must(other.read(made.sid)).has_value());
  EXPECT_EQ(std::get<refusal>(must(other.rotate(of(made)))), refusal::absent);
  EXPECT_TRUE(must(other.list("ann")).empty());
  EXPECT_FALSE(must(other.end(made.sid, "ann")));
}

// ---- replace_user, list, read, ping

TEST_F(session_store, a_changed_profile_reaches_every_session_that_is_not_newer) {
  const head first = open("ann");
  opening newer = of("ann");
  newer.auth_version = 2;
  newer.user_json = "newer";
  const head second = open(newer);
  must(store_->replace_user("ann", 1, "changed"));
  EXPECT_EQ(rotate(first).user_json, "changed");
  EXPECT_EQ(rotate(second).user_json, "newer");
  must(store_->replace_user("nobody", 1, "changed"));
}

TEST_F(session_store, requirement_38_a_user_sees_his_sessions) {
  EXPECT_TRUE(must(store_->list("ann")).empty());
  opening with = of("ann");
  const head longest = open(with);
  with.lifetimes.idle = seconds{60};
  const head shortest = open(with);
  open("bob");
  const std::vector<listed> rows = must(store_->list("ann"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].sid, longest.sid);
  EXPECT_EQ(rows[1].sid, shortest.sid);
  EXPECT_EQ(rows[0].client, "rest");
  EXPECT_EQ(rows[0].created_at, longest.created_at);
  EXPECT_EQ(rows[0].last_seen, longest.created_at);
  EXPECT_EQ(rows[0].expires_at, longest.expires_at);
  EXPECT_EQ(rows[0].address, "192.0.2.1");
  EXPECT_EQ(rows[0].user_agent, "curl/8");
}

TEST_F(session_store, reading_changes_nothing) {
  const head made = open("ann");
  const std::optional<head> found = must(store_->read(made.sid));
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->generation, 1);
  EXPECT_EQ(found->key_id, made.key_id);
  EXPECT_EQ(found->expires_at, made.expires_at);
  EXPECT_FALSE(must(store_->read("unknown")).has_value());
}

TEST_F(session_store, ping_asks_for_a_redis_that_can_store) {
  must(store_->ping());
  command({"REPLICAOF", "127.0.0.1", std::to_string(free_port())});
  const auto refused = loop_.await(store_->ping());
  ASSERT_FALSE(refused->ok());
  EXPECT_EQ(refused->failure().kind, fault::unavailable);
}

TEST_F(session_store, a_hash_of_another_making_is_an_error_and_no_session) {
  const head made = open("ann");
  set(made, "gen", "many");
  const auto read = loop_.await(store_->read(made.sid));
  ASSERT_FALSE(read->ok());
  EXPECT_EQ(read->failure().kind, fault::internal);
}

// ---- when Redis fails

TEST_F(session_store, every_call_fails_as_unavailable_while_redis_is_down) {
  const head made = open("ann");
  redis_.server().stop();
  EXPECT_EQ(loop_.await(store_->open(of("ann")))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->rotate(of(made)))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->end(made.sid, "ann"))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->end_every("ann"))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->end_all({}))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->replace_user("ann", 1, ""))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->list("ann"))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->read(made.sid))->failure().kind, fault::unavailable);
  EXPECT_EQ(loop_.await(store_->ping())->failure().kind, fault::unavailable);
  EXPECT_EQ(guard(made), standing::valid) << "no success that was not stored, no ending either";
}

TEST_F(session_store, sessions_survive_a_restart_of_redis) {
  const head made = open("ann");
  redis_.server().stop();
  redis_.server().start();
  const steady_time start = steady_now();
  while (!(*loop_.await(store_->ping())).ok() && steady_now() - start < millis{5000}) loop_.run_for(millis{20});
  EXPECT_EQ(rotate(made).generation, 2) << "also with the script to be sent again";
}

TEST_F(session_store, a_logout_that_no_replica_holds_is_no_success_with_wait) {
  redis::options to = connection_->settings();
  to.wait_replicas = 1;
  redis::connection careful(loop_.core(), to);
  store waiting(careful, "main", seconds{900}, nullptr);
  const head made = open("ann");
  const auto given = loop_.await(waiting.end(made.sid, "ann"));
  ASSERT_FALSE(given->ok());
  EXPECT_EQ(given->failure().kind, fault::unavailable);
  EXPECT_NE(given->failure().what.find("only 0 of wait=1 replicas"), std::string::npos) << given->failure().what;
}

opening with_alias(opening made, const std::string& alias) {
  made.client = "form";
  made.policy = policy::fixed;
  made.alias = alias;
  return made;
}

resumption by_alias(const std::string& alias) {
  resumption made;
  made.alias = alias;
  made.client = "form";
  made.lifetimes = usual;
  made.address = "192.0.2.9";
  made.user_agent = "curl/10";
  return made;
}

// ---- aliases, clients, the whole realm

TEST_F(session_store, an_alias_leads_to_its_session) {
  const head opened = open(with_alias(of("u1"), "aa"));
  open(with_alias(of("u1"), "bb"));
  const rotation found = must(store_->resume(by_alias("aa")));
  const head& resumed = std::get<head>(found);
  EXPECT_EQ(resumed.sid, opened.sid);
  EXPECT_EQ(resumed.user_id, "u1");
  EXPECT_EQ(resumed.generation, opened.generation);
  EXPECT_EQ(resumed.expires_at, opened.expires_at);
  EXPECT_EQ(resumed.user_json, opened.user_json);
  for (const listed& each : must(store_->list("u1"))) {
    EXPECT_EQ(each.address, each.sid == opened.sid ? "192.0.2.9" : "192.0.2.1");
    EXPECT_EQ(each.user_id, "u1");
  }
}

TEST_F(session_store, an_alias_of_nothing_or_of_another_client) {
  open(with_alias(of("u1"), "aa"));
  EXPECT_EQ(std::get<refusal>(must(store_->resume(by_alias("ab")))), refusal::absent);
  resumption other = by_alias("aa");
  other.client = "rest";
  EXPECT_EQ(std::get<refusal>(must(store_->resume(other))), refusal::wrong_client);
}

TEST_F(session_store, an_alias_ends_with_its_session) {
  const std::string key = "gatehouse:{main}:alias:";
  const head first = open(with_alias(of("u1"), "a1"));
  const head second = open(with_alias(of("u2"), "a2"));
  open(with_alias(of("u3"), "a3"));
  EXPECT_LE(command({"TTL", key + "a1"}).integer, usual.idle.count());
  EXPECT_GT(command({"TTL", key + "a1"}).integer, usual.idle.count() - 10);
  EXPECT_TRUE(must(store_->end(first.sid, "u1")));
  must(store_->end_every("u2"));
  store::change killed;
  killed.user_id = "u3";
  killed.least = 2;
  must(store_->end_all(killed));
  for (const std::string alias : {"a1", "a2", "a3"}) {
    EXPECT_EQ(std::get<refusal>(must(store_->resume(by_alias(alias)))), refusal::absent) << alias;
    EXPECT_EQ(command({"EXISTS", key + alias}).integer, 0) << alias;
  }
}

TEST_F(session_store, requirement_32_an_alias_is_worth_nothing_beyond_the_absolute_lifetime) {
  const head opened = open(with_alias(of("u1"), "aa"));
  set(opened, "created", std::to_string(opened.now - usual.absolute.count()));
  EXPECT_EQ(std::get<refusal>(must(store_->resume(by_alias("aa")))), refusal::absent);
  set(opened, "created", std::to_string(opened.now));
  EXPECT_TRUE(std::holds_alternative<head>(must(store_->resume(by_alias("aa")))));
  set(opened, "exp", std::to_string(opened.now));
  EXPECT_EQ(std::get<refusal>(must(store_->resume(by_alias("aa")))), refusal::absent);
}

TEST_F(session_store, a_session_that_a_failover_brings_back_stays_ended_for_its_alias) {
  const head opened = open(with_alias(of("u1"), "aa"));
  const std::string session = "gatehouse:{main}:session:" + opened.sid;
  const redis::reply saved = command({"DUMP", session});
  must(store_->end(opened.sid, "u1"));
  command({"RESTORE", session, "0", saved.text});
  command({"SET", "gatehouse:{main}:alias:aa", opened.sid});
  EXPECT_EQ(std::get<refusal>(must(store_->resume(by_alias("aa")))), refusal::absent);
}

TEST_F(session_store, the_sessions_of_one_client_end_together) {
  const head kept = open("u1");
  const head one = open(with_alias(of("u1"), "aa"));
  const head two = open(with_alias(of("u1"), "bb"));
  const std::vector<std::string> ended = must(store_->end_every_of("u1", "form"));
  EXPECT_EQ(std::set<std::string>(ended.begin(), ended.end()), (std::set<std::string>{one.sid, two.sid}));
  EXPECT_TRUE(lives(kept.sid));
  EXPECT_EQ(guard(one), standing::revoked);
  EXPECT_EQ(guard(kept), standing::valid);
}

TEST_F(session_store, only_the_client_that_opened_a_session_ends_it_by_its_token) {
  const head opened = open("u1");
  EXPECT_FALSE(must(store_->end(opened.sid, "u1", "form")));
  EXPECT_TRUE(lives(opened.sid));
  EXPECT_TRUE(must(store_->end(opened.sid, "u1", "rest")));
  EXPECT_FALSE(lives(opened.sid));
}

TEST_F(session_store, a_scan_sees_every_session_of_the_realm) {
  std::set<std::string> opened;
  for (int i = 0; i < 50; ++i) opened.insert(open("u" + std::to_string(i % 7)).sid);
  const head over = open("u8");
  set(over, "exp", std::to_string(over.now));
  command({"SET", "gatehouse:{other}:session:x", "1"});
  for (int i = 0; i < 3000; ++i) command({"SET", "noise:" + std::to_string(i), "1"});

  std::set<std::string> seen;
  std::string cursor = "0";
  int calls = 0;
  do {
    const scanned part = must(store_->scan(cursor));
    for (const listed& each : part.sessions) {
      seen.insert(each.sid);
      EXPECT_EQ(each.client, "rest");
      EXPECT_EQ(each.user_id.substr(0, 1), "u");
    }
    cursor = part.next;
    ++calls;
  } while (cursor != "0");
  EXPECT_EQ(seen, opened);
  EXPECT_GT(calls, 1);
}

}  // namespace

}  // namespace gatehouse::session
