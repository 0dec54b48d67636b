// Step-up: what a session gains when its user has proved anew who he is.
#include <gtest/gtest.h>

#include "session_store_fixture.h"

namespace gatehouse::session {

namespace {

class session_raise : public session_store {
 protected:
  static step_up of(const head& session, const std::string& amr = "pwd") {
    step_up made;
    made.sid = session.sid;
    made.user_id = session.user_id;
    made.client = session.client;
    made.amr = amr;
    made.host = session.host;
    made.lifetimes = usual;
    return made;
  }
  rotation raise(const step_up& with) { return must(store_->raise(with)); }
  head raise(const head& session, const std::string& amr = "pwd") { return std::get<head>(raise(of(session, amr))); }
};

TEST_F(session_raise, requirement_71_it_is_the_session_that_gains) {
  head made = open("ann");
  set(made, "auth_time", "1000");
  made.auth_time = 1000;
  EXPECT_EQ(guard(made), standing::valid);
  const head raised = raise(made, "otp mfa");
  EXPECT_GE(raised.auth_time, made.now);
  EXPECT_EQ(raised.amr, "pwd otp mfa");
  EXPECT_EQ(raised.generation, made.generation) << "the refresh token stays good";
  EXPECT_EQ(raised.issued_at, made.issued_at);
  EXPECT_EQ(guard(made), standing::expired) << "its access tokens of before are refreshed";
  EXPECT_EQ(guard(raised), standing::valid);
  const head refreshed = rotate(made);
  EXPECT_EQ(refreshed.auth_time, raised.auth_time);
  EXPECT_EQ(refreshed.amr, raised.amr);
}

TEST_F(session_raise, the_feed_is_told_which_tokens_are_older) {
  const head made = open("ann");
  const head raised = raise(made);
  EXPECT_TRUE(told("raised=" + session_mark("main", made.sid).hex() + " least=" + std::to_string(raised.auth_time)));
}

TEST_F(session_raise, two_within_a_second_differ_but_do_not_run_away_from_the_time) {
  const head made = open("ann");
  head last = made;
  for (int i = 0; i < 3; ++i) {
    const head raised = raise(made);
    EXPECT_GT(raised.auth_time, last.auth_time);
    EXPECT_EQ(guard(last), standing::expired);
    last = raised;
  }
  EXPECT_EQ(last.amr, "pwd") << "no word is there twice";
  set(made, "auth_time", std::to_string(made.now + 1000));
  EXPECT_LE(raise(made).auth_time, made.now + 70);
}

TEST_F(session_raise, it_happens_to_nobody_elses_session_nor_to_one_that_is_over) {
  const head made = open("ann");
  step_up wrong = of(made);
  wrong.user_id = "bob";
  EXPECT_EQ(std::get<refusal>(raise(wrong)), refusal::absent);
  wrong = of(made);
  wrong.client = "form";
  EXPECT_EQ(std::get<refusal>(raise(wrong)), refusal::wrong_client);
  wrong = of(made);
  wrong.host = "app.example.com";
  EXPECT_EQ(std::get<refusal>(raise(wrong)), refusal::absent) << "that host has no seat";
  must(store_->end(made.sid, "ann"));
  EXPECT_EQ(std::get<refusal>(raise(of(made))), refusal::absent);
  EXPECT_FALSE(told("raised="));
}

TEST_F(session_raise, a_redis_that_has_forgotten_it_has_lost_the_session) {
  const head made = open("ann");
  raise(made);
  set(made, "auth_time", std::to_string(made.auth_time));
  EXPECT_FALSE(lives(made.sid)) << "or every access token made of it would be refused";
}

}  // namespace

}  // namespace gatehouse::session
