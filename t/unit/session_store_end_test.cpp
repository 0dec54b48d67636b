#include <gtest/gtest.h>

#include <set>

#include "session_store_fixture.h"

namespace gatehouse::session {

namespace {

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

// Issue 10.6: whoever sends a dead token again and again fills nothing, and who must hear of it for longer hears.
TEST_F(session_store, the_feed_is_told_once_of_one_session) {
  const head made = open("ann");
  for (int i = 0; i < 10; ++i) must(store_->end(made.sid, "ann"));
  EXPECT_EQ(feed().size(), 1U);
  store longer(*connection_, "main", seconds{7200}, &*table_);
  for (int i = 0; i < 10; ++i) must(longer.end(made.sid, "ann"));
  EXPECT_EQ(feed().size(), 2U);
  for (int i = 0; i < 10; ++i) must(store_->end(made.sid, "ann"));
  EXPECT_EQ(feed().size(), 2U);
  command({"FLUSHALL"});
  must(store_->end(made.sid, "ann"));
  EXPECT_EQ(feed().size(), 1U) << "a Redis that has forgotten is told again";
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
  const auto add = [&](const std::string& id, const std::string& until, char digit) {
    command({"XADD", "gatehouse:{main}:feed", id, "until", until, "session", std::string(32, digit)});
  };
  for (int i = 0; i < 20; ++i) add("1-" + std::to_string(i + 1), "1", 'a');
  add("2-1", std::to_string(now_seconds() + 1000), 'b');
  add("3-1", "1", 'c');
  for (int i = 0; i < 3; ++i) must(store_->end(open("ann").sid, "ann"));  // each forgets some
  EXPECT_FALSE(told(std::string(32, 'a')));
  EXPECT_TRUE(told(std::string(32, 'b'))) << "although it is old";
  EXPECT_TRUE(told(std::string(32, 'c'))) << "it is behind one that matters";
  EXPECT_EQ(feed().size(), 5U);
}

// Issue 10.2
TEST_F(session_store, the_end_matters_as_long_as_any_access_token_that_any_node_has_given) {
  store shorter(*connection_, "main", seconds{1}, &*table_);
  const auto longest = [this] {
    const std::string last = feed().back();
    return std::stoll(last.substr(last.find("until=") + 6)) - now_seconds();
  };
  must(shorter.end(open("ann").sid, "ann"));
  EXPECT_GE(longest(), 900 + 115);

  renewal brief = of(open("ann"));
  brief.lifetimes.access = seconds{1};
  const head renewed = std::get<head>(rotate(brief));
  must(shorter.end(renewed.sid, "ann"));
  EXPECT_GE(longest(), 900 + 115) << "the first token lives";

  opening with = of("ann");
  with.lifetimes.access = seconds{1};
  const head read = open(with);
  must(store_->read(read.sid, seconds{900}));
  must(shorter.end(read.sid, "ann"));
  EXPECT_GE(longest(), 900 + 115);
  must(shorter.end(open(with).sid, "ann"));
  EXPECT_LE(longest(), 125) << "and no longer than needed";

  open("ann");
  must(shorter.end_every("ann"));
  EXPECT_GE(longest(), 900 + 115);
  open("ann");
  store::change change;
  change.user_id = "ann";
  change.least = 2;
  must(shorter.end_all(change));
  EXPECT_GE(longest(), 900 + 115);
  const holder token{mark{1, 1}, user_mark("main", "ann"), 1, now_seconds()};
  EXPECT_EQ(table_->judge(token, steady_seconds() + 900), standing::revoked) << "here too";
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

}  // namespace

}  // namespace gatehouse::session
