#include <gtest/gtest.h>

#include <set>

#include "base/uuid.h"
#include "loop_host.h"
#include "page_memory.h"
#include "private_redis.h"
#include "session/store.h"

namespace gatehouse::session {

namespace {

constexpr lifetimes usual{seconds{900}, seconds{3600}, seconds{86400}, seconds{10}};

// A store over a Redis of its own, with a table, and the calls without their ceremony: what fails, fails the test.
class session_store : public ::testing::Test {
 protected:
  session_store() {
    redis::options to;
    to.unix_path = redis_.socket();
    connection_.emplace(loop_.core(), to);
    EXPECT_TRUE(zone::lay_out(memory_.data(), memory_.size()).ok());
    zone_.emplace(loop_.core(), memory_.data());
    result<revocations> attached = revocations::attach(*zone_, "main");
    EXPECT_TRUE(attached.ok());
    table_.emplace(*attached);
    store_.emplace(*connection_, "main", seconds{900}, &*table_);
  }

  template <class T>
  T must(task<result<T>> work) {
    result<result<T>> given = loop_.await(std::move(work));
    if (!given) throw std::runtime_error(given.failure().what);
    if (!*given) throw std::runtime_error(given->failure().what);
    return std::move(**given);
  }

  redis::reply command(std::vector<std::string> args) { return must(connection_->command(std::move(args))); }

  opening of(const std::string& user) {
    opening made;
    made.user_id = user;
    made.auth_version = 1;
    made.user_json = R"({"name":"Ann"})";
    made.client = "rest";
    made.lifetimes = usual;
    made.address = "192.0.2.1";
    made.user_agent = "curl/8";
    made.amr = "pwd";
    made.key_id = "k1";
    return made;
  }

  head open(const opening& with) { return std::get<head>(must(store_->open(with))); }
  head open(const std::string& user) { return open(of(user)); }

  static renewal of(const head& token) {
    renewal made;
    made.sid = token.sid;
    made.user_id = token.user_id;
    made.generation = token.generation;
    made.client = token.client;
    made.lifetimes = usual;
    made.key_id = "k2";
    made.address = "192.0.2.2";
    made.user_agent = "curl/9";
    return made;
  }

  rotation rotate(const renewal& with) { return must(store_->rotate(with)); }
  head rotate(const head& token) { return std::get<head>(rotate(of(token))); }
  refusal refused(const renewal& with) { return std::get<refusal>(rotate(with)); }

  bool lives(const std::string& sid) { return must(store_->read(sid)).has_value(); }

  void set(const head& session, const std::string& field, const std::string& value) {
    command({"HSET", "gatehouse:{main}:session:" + session.sid, field, value});
  }

  // The feed's entries, each as "name=value name=value".
  std::vector<std::string> feed() {
    std::vector<std::string> entries;
    for (const redis::reply& entry : command({"XRANGE", "gatehouse:{main}:feed", "-", "+"}).elements) {
      std::string text;
      const std::vector<redis::reply>& fields = entry.elements[1].elements;
      for (std::size_t i = 0; i < fields.size(); i += 2) text += fields[i].text + "=" + fields[i + 1].text + " ";
      entries.push_back(text);
    }
    return entries;
  }
  bool told(const std::string& part) {
    for (const std::string& entry : feed()) {
      if (entry.find(part) != std::string::npos) return true;
    }
    return false;
  }

  // What the guard would say of an access token of this session.
  standing guard(const head& session) {
    const holder token{session_mark("main", session.sid), user_mark("main", session.user_id), session.auth_version,
                       session.now};
    return table_->judge(token, now_seconds());
  }

  private_redis redis_;
  loop_host loop_;
  page_memory memory_{zone::least_size};
  std::optional<redis::connection> connection_;
  std::optional<zone> zone_;
  std::optional<revocations> table_;
  std::optional<store> store_;
};

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

// ---- end

TEST_F(session_store, requirement_35_logout_ends_the_session_and_tells_the_feed) {
  const head made = open("ann");
  EXPECT_FALSE(must(store_->end(made.sid, "bob"))) << "another user's";
  EXPECT_FALSE(must(store_->end(made.sid, "ann", "csrf"))) << "another client's";
  EXPECT_TRUE(lives(made.sid));
  EXPECT_TRUE(feed().empty());
  EXPECT_EQ(guard(made), standing::valid);
  EXPECT_TRUE(must(store_->end(made.sid, "ann")));
  EXPECT_FALSE(lives(made.sid));
  EXPECT_EQ(refused(of(made)), refusal::absent);
  EXPECT_EQ(guard(made), standing::revoked);
  ASSERT_EQ(feed().size(), 1U);
  EXPECT_TRUE(told("session=" + session_mark("main", made.sid).hex()));
  EXPECT_TRUE(told("until="));
  EXPECT_FALSE(must(store_->end(made.sid, "ann"))) << "twice is as good";
}

TEST_F(session_store, requirement_35_logout_from_a_session_that_redis_has_lost_ends_its_access_tokens) {
  const head made = open("ann");
  command({"FLUSHALL"});
  EXPECT_FALSE(must(store_->end(made.sid, "ann")));
  EXPECT_EQ(guard(made), standing::revoked);
  EXPECT_TRUE(told("session=" + session_mark("main", made.sid).hex()));
}

TEST_F(session_store, requirement_36_every_session_of_a_user_ends_at_once) {
  const head one = open("ann");
  const head two = open("ann");
  const head other = open("bob");
  const std::vector<std::string> ended = must(store_->end_every("ann"));
  EXPECT_EQ(std::set<std::string>(ended.begin(), ended.end()), (std::set<std::string>{one.sid, two.sid}));
  for (const head& each : {one, two}) {
    EXPECT_FALSE(lives(each.sid));
    EXPECT_EQ(guard(each), standing::revoked);
    EXPECT_TRUE(told("session=" + session_mark("main", each.sid).hex()));
  }
  EXPECT_EQ(feed().size(), 2U);
  EXPECT_TRUE(must(store_->list("ann")).empty());
  EXPECT_EQ(guard(other), standing::valid);
  EXPECT_TRUE(lives(other.sid));
  EXPECT_TRUE(must(store_->end_every("ann")).empty());
}

TEST_F(session_store, requirement_38_every_session_but_one_ends) {
  const head kept = open("ann");
  const head gone = open("ann");
  EXPECT_EQ(must(store_->end_every("ann", kept.sid)), std::vector<std::string>{gone.sid});
  EXPECT_FALSE(lives(gone.sid));
  EXPECT_EQ(guard(gone), standing::revoked);
  EXPECT_EQ(guard(kept), standing::valid);
  EXPECT_EQ(rotate(kept).generation, 2);
  EXPECT_EQ(must(store_->list("ann")).size(), 1U);
}

TEST_F(session_store, the_feed_forgets_by_time_only) {
  command({"XADD", "gatehouse:{main}:feed", "1-1", "until", "1", "session", std::string(32, 'a')});
  for (int i = 0; i < 300; ++i) {  // trimming drops whole nodes of 100
    command({"XADD", "gatehouse:{main}:feed", "2-" + std::to_string(i + 1), "until", "1"});
  }
  must(store_->end(open("ann").sid, "ann"));
  EXPECT_FALSE(told(std::string(32, 'a')));
  EXPECT_LE(feed().size(), 101U);
}

// ---- end_all

TEST_F(session_store, requirement_36_kill_ends_all_sessions_but_the_one_to_keep) {
  const head kept = open("ann");
  const head gone = open("ann");
  const head other = open("bob");
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  change.keep_sid = kept.sid;
  change.user_json = R"({"name":"Anne"})";
  must(store_->end_all(change));

  EXPECT_FALSE(lives(gone.sid));
  EXPECT_EQ(refused(of(gone)), refusal::absent);
  EXPECT_EQ(guard(gone), standing::revoked);
  EXPECT_EQ(guard(kept), standing::valid);
  EXPECT_EQ(guard(other), standing::valid);
  const head next = rotate(kept);
  EXPECT_EQ(next.auth_version, 2);
  EXPECT_EQ(next.user_json, R"({"name":"Anne"})");
  EXPECT_EQ(rotate(other).auth_version, 1);
  ASSERT_EQ(feed().size(), 1U);
  EXPECT_TRUE(told("user=" + user_mark("main", "ann").hex() +
                   " least=2 how=kill keep=" + session_mark("main", kept.sid).hex()));
}

TEST_F(session_store, expire_keeps_the_sessions_and_changes_what_they_say) {
  const head made = open("ann");
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  change.how = ending::expire;
  change.user_json = R"({"roles":["admin"]})";
  must(store_->end_all(change));
  EXPECT_EQ(guard(made), standing::expired);
  const head next = rotate(made);
  EXPECT_EQ(next.auth_version, 2);
  EXPECT_EQ(next.user_json, R"({"roles":["admin"]})");
  EXPECT_EQ(guard(next), standing::valid);
  EXPECT_TRUE(told("how=expire keep=" + std::string(32, '0')));
}

TEST_F(session_store, repeating_a_change_changes_nothing) {
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  change.user_json = "old";
  must(store_->end_all(change));
  opening with = of("ann");
  with.auth_version = 2;
  const head after = open(with);
  must(store_->end_all(change));
  EXPECT_TRUE(lives(after.sid));
  EXPECT_EQ(must(store_->read(after.sid))->user_json, with.user_json);
  EXPECT_EQ(guard(after), standing::valid);
  EXPECT_EQ(feed().size(), 1U);

  store::change newer = change;
  newer.least = 5;
  newer.how = ending::expire;
  newer.user_json = "new";
  must(store_->end_all(newer));
  must(store_->end_all(change));
  EXPECT_EQ(must(store_->read(after.sid))->user_json, "new");
  EXPECT_EQ(command({"GET", "gatehouse:{main}:least:ann"}).text, "5") << "never lowered";
}

TEST_F(session_store, a_user_without_sessions_is_told_of_too) {
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  must(store_->end_all(change));
  EXPECT_EQ(feed().size(), 1U);
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
