#include <gtest/gtest.h>
#include <hiredis/hiredis.h>

#include "session_store_fixture.h"

namespace gatehouse::session {

namespace {

// ---- rotate

TEST_F(session_store, a_refresh_makes_the_next_generation) {
  const head first = open("ann");
  const head second = rotate(first);
  EXPECT_EQ(second.sid, first.sid);
  EXPECT_EQ(second.generation, 2);
  EXPECT_EQ(second.key_id, "k2");
  EXPECT_EQ(second.created_at, first.created_at);
  EXPECT_EQ(second.auth_time, first.auth_time);
  EXPECT_EQ(second.user_json, first.user_json);
  EXPECT_EQ(rotate(second).generation, 3);
  const listed row = must(store_->list("ann"))[0];
  EXPECT_EQ(row.address, "192.0.2.2");
  EXPECT_EQ(row.user_agent, "curl/9");
}

TEST_F(session_store, requirement_29_parallel_refreshes_make_one_generation) {
  const head first = open("ann");
  std::vector<std::unique_ptr<redis::connection>> connections;
  std::vector<std::unique_ptr<store>> workers;
  for (int i = 0; i < 4; ++i) {
    connections.push_back(std::make_unique<redis::connection>(loop_.core(), connection_->settings()));
    workers.push_back(std::make_unique<store>(*connections.back(), "main", seconds{900}, nullptr));
  }
  std::vector<head> answers;
  for (int i = 0; i < 64; ++i) {
    renewal with = of(first);
    with.key_id = "k" + std::to_string(i);
    spawn<result<rotation>>(loop_.core().queue(), workers[i % 4]->rotate(with),
                            [&](result<result<rotation>> given) { answers.push_back(std::get<head>(**given)); });
  }
  ASSERT_TRUE(loop_.run_until([&] { return answers.size() == 64; }));
  for (const head& each : answers) {
    EXPECT_EQ(each.generation, 2);
    EXPECT_EQ(each.key_id, answers[0].key_id) << "every request had its own";
    EXPECT_EQ(each.issued_at, answers[0].issued_at);
    EXPECT_EQ(each.expires_at, answers[0].expires_at);
  }
}

TEST_F(session_store, requirement_31_within_the_grace_the_predecessor_gets_the_same_successor) {
  const head first = open("ann");
  const head second = rotate(first);
  const head again = std::get<head>(rotate(of(first)));
  EXPECT_EQ(again.generation, second.generation);
  EXPECT_EQ(again.key_id, second.key_id);
  EXPECT_EQ(again.issued_at, second.issued_at);
  EXPECT_EQ(again.expires_at, second.expires_at);
  EXPECT_TRUE(feed().empty());
}

TEST_F(session_store, requirement_31_the_grace_is_for_the_immediate_predecessor_only) {
  const head first = open("ann");
  rotate(rotate(first));
  EXPECT_EQ(refused(of(first)), refusal::theft);
}

TEST_F(session_store, requirement_30_the_predecessor_beyond_the_grace_kills_the_family) {
  const head first = open("ann");
  const head second = rotate(first);
  const auto past = static_cast<long long>(now_millis() - 10001);
  set(first, "rotated", std::to_string(past));
  EXPECT_EQ(refused(of(first)), refusal::theft);
  EXPECT_FALSE(lives(first.sid));
  EXPECT_EQ(refused(of(second)), refusal::absent) << "the newest goes too";
  EXPECT_TRUE(told("session=" + session_mark("main", first.sid).hex()));
  EXPECT_EQ(guard(second), standing::revoked);
  EXPECT_TRUE(must(store_->list("ann")).empty());
}

TEST_F(session_store, requirement_31_a_grace_of_0_is_none) {
  const head first = open("ann");
  rotate(first);
  renewal again = of(first);
  again.lifetimes.grace = seconds{0};
  EXPECT_EQ(refused(again), refusal::theft);
}

TEST_F(session_store, a_generation_of_the_future_is_theft) {
  const head first = open("ann");
  renewal with = of(first);
  with.generation = 2;
  EXPECT_EQ(refused(with), refusal::theft);
  EXPECT_FALSE(lives(first.sid));
}

TEST_F(session_store, theft_ends_one_session_only) {
  const head one = open("ann");
  const head other = open("ann");
  renewal with = of(one);
  with.generation = 7;
  EXPECT_EQ(refused(with), refusal::theft);
  EXPECT_EQ(rotate(other).generation, 2);
}

TEST_F(session_store, an_unknown_session_and_another_user_are_absent) {
  const head made = open("ann");
  renewal with = of(made);
  with.user_id = "bob";
  EXPECT_EQ(refused(with), refusal::absent);
  with = of(made);
  with.sid = std::string(32, '0');
  EXPECT_EQ(refused(with), refusal::absent);
  EXPECT_TRUE(lives(made.sid));
}

TEST_F(session_store, another_client_is_refused_and_nothing_happens) {
  const head made = open("ann");
  renewal with = of(made);
  with.client = "bff";
  EXPECT_EQ(refused(with), refusal::wrong_client);
  EXPECT_EQ(rotate(made).generation, 2);
}

TEST_F(session_store, requirement_37_an_idle_session_is_over) {
  const head made = open("ann");
  set(made, "exp", std::to_string(now_seconds()));  // as a Redis that has not expired the key yet
  EXPECT_EQ(refused(of(made)), refusal::absent);
  EXPECT_FALSE(lives(made.sid));
  EXPECT_TRUE(must(store_->list("ann")).empty());
}

TEST_F(session_store, requirement_32_the_absolute_lifetime_beats_the_sliding_one) {
  const head made = open("ann");
  renewal with = of(made);
  with.lifetimes.absolute = seconds{1000};
  const head second = std::get<head>(rotate(with));
  EXPECT_EQ(second.expires_at, made.created_at + 1000);

  set(made, "created", std::to_string(now_seconds() - 1000));
  with.generation = 2;
  EXPECT_EQ(refused(with), refusal::absent);
  EXPECT_FALSE(lives(made.sid));
  EXPECT_EQ(guard(second), standing::revoked);

  opening brief = of("bob");
  brief.lifetimes.absolute = seconds{60};
  const head short_lived = open(brief);
  EXPECT_EQ(short_lived.expires_at, short_lived.created_at + 60);
}

TEST_F(session_store, a_fixed_token_serves_again_and_again) {
  opening with = of("ann");
  with.policy = policy::fixed;
  const head first = open(with);
  for (int i = 0; i < 3; ++i) {
    const head again = std::get<head>(rotate(of(first)));
    EXPECT_EQ(again.generation, 1);
    EXPECT_EQ(again.key_id, "k1");
    EXPECT_EQ(again.issued_at, first.issued_at);
    EXPECT_EQ(again.expires_at, first.expires_at);
  }
  EXPECT_EQ(must(store_->list("ann"))[0].address, "192.0.2.2");
  renewal forged = of(first);
  forged.generation = 0;
  EXPECT_EQ(refused(forged), refusal::theft) << "no grace without rotation";
}

// What a failover brings back.
TEST_F(session_store, a_session_that_this_node_saw_end_is_not_refreshed) {
  const head made = open("ann");
  const redis::reply saved = command({"DUMP", "gatehouse:{main}:session:" + made.sid});
  must(store_->end(made.sid, "ann"));
  command({"RESTORE", "gatehouse:{main}:session:" + made.sid, "0", saved.text});
  EXPECT_FALSE(must(store_->read(made.sid)).has_value());
  EXPECT_EQ(refused(of(made)), refusal::absent);
  EXPECT_EQ(command({"EXISTS", "gatehouse:{main}:session:" + made.sid}).integer, 0);
}

TEST_F(session_store, a_session_older_than_a_change_that_this_node_saw_is_not_refreshed) {
  const head made = open("ann");
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  change.how = ending::expire;
  must(store_->end_all(change));
  set(made, "av", "1");
  EXPECT_EQ(refused(of(made)), refusal::absent);
}

// Redis answers with the session as it is, then the user changes, and this node hears of the change first.
TEST_F(session_store, a_change_that_is_heard_of_before_redis_answer_ends_no_session) {
  redisContext* other = redisConnectUnix(redis_.socket().c_str());
  ASSERT_NE(other, nullptr);
  const auto ask = [other](const std::string& words) {
    auto* answer = static_cast<redisReply*>(redisCommand(other, words.c_str()));
    std::string text = answer->str == nullptr ? "" : answer->str;
    freeReplyObject(answer);
    return text;
  };
  const head made = open("ann");
  const std::string key = "gatehouse:{main}:session:" + made.sid;
  ASSERT_TRUE(loop_.await(store_->rotate(of(open("bob")))).ok()) << "it is connected, and Redis knows the script";

  std::optional<rotation> came;
  redis_.server().pause();
  spawn<result<rotation>>(loop_.core().queue(), store_->rotate(of(made)), [&came](result<result<rotation>> given) {
    if (given && *given) came = std::move(**given);
  });
  loop_.run_for(millis{50});  // it is sent
  redis_.server().resume();
  const std::int64_t deadline = steady_millis() + 5000;
  while (ask("HGET " + key + " gen") != "2") ASSERT_LT(steady_millis(), deadline);
  ask("HSET " + key + " av 2");
  revocation told;
  told.kind = revocation::type::user_expire;
  told.subject = user_mark("main", "ann");
  told.least = 2;
  told.until = steady_seconds() + 900;
  table_->add(told, steady_seconds());

  ASSERT_TRUE(loop_.run_until([&came] { return came.has_value(); }));
  ASSERT_TRUE(std::holds_alternative<head>(*came));
  EXPECT_EQ(std::get<head>(*came).auth_version, 2);
  EXPECT_EQ(std::get<head>(*came).generation, 2);
  EXPECT_TRUE(lives(made.sid));
  redisFree(other);
}

}  // namespace

}  // namespace gatehouse::session
