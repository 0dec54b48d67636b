// Hand-overs between hosts, and the seats that they make.
#include <gtest/gtest.h>

#include "session_store_fixture.h"

namespace gatehouse::session {

namespace {

constexpr const char* app = "https://app.example.com";

class session_seat : public session_store {
 protected:
  void offer(const head& session, const std::string& code, const std::string& origin = app) {
    hand_over with;
    with.sid = session.sid;
    with.user_id = session.user_id;
    with.client = session.client;
    with.code_hash = code;
    with.origin = origin;
    with.challenge = "challenge";
    EXPECT_EQ(must(store_->offer(std::move(with))), std::nullopt);
  }

  arrived take(const std::string& code, const std::string& host = "app.example.com",
               const std::string& challenge = "challenge") {
    arrival with;
    with.code_hash = code;
    with.origin = "https://" + host;
    with.challenge = challenge;
    with.host = host;
    with.lifetimes = usual;
    with.key_id = "seat key";
    return must(store_->take(std::move(with)));
  }

  head seat(const head& session, const std::string& code) {
    offer(session, code);
    return std::get<head>(take(code));
  }
};

TEST_F(session_seat, has_generations_of_its_own) {
  const head first = open("ann");
  const head there = seat(first, "c1");
  EXPECT_EQ(there.sid, first.sid);
  EXPECT_EQ(there.generation, 1);
  EXPECT_EQ(there.key_id, "seat key");
  EXPECT_EQ(there.host, "app.example.com");
  EXPECT_FALSE(there.seat.empty());
  EXPECT_EQ(there.user_json, first.user_json);
  EXPECT_EQ(rotate(rotate(there)).generation, 3);
  EXPECT_EQ(rotate(first).generation, 2);
  EXPECT_EQ(must(store_->read(first.sid))->seat, "");
  EXPECT_EQ(must(store_->read(first.sid, {}, there.seat))->generation, 3);
  EXPECT_FALSE(must(store_->read(first.sid, {}, "other")).has_value());
}

TEST_F(session_seat, requirement_71_a_raise_counts_at_every_host) {
  const head first = open("ann");
  const head there = seat(first, "c1");
  step_up shown;
  shown.sid = first.sid;
  shown.user_id = "ann";
  shown.client = first.client;
  shown.amr = "hwk mfa";
  shown.host = "app.example.com";
  shown.lifetimes = usual;
  const head raised = std::get<head>(must(store_->raise(shown)));
  EXPECT_EQ(raised.seat, there.seat);
  EXPECT_EQ(raised.key_id, there.key_id);
  EXPECT_EQ(guard(first), standing::expired);
  EXPECT_EQ(guard(there), standing::expired);
  EXPECT_EQ(rotate(first).amr, "pwd hwk mfa");
  EXPECT_EQ(rotate(there).auth_time, raised.auth_time);
}

TEST_F(session_seat, its_theft_kills_the_session) {
  const head first = open("ann");
  const head there = seat(first, "c1");
  rotate(rotate(there));
  EXPECT_EQ(refused(of(there)), refusal::theft);
  EXPECT_FALSE(lives(first.sid));
  EXPECT_EQ(feed().size(), 1U);
}

TEST_F(session_seat, the_login_s_own_successor_stays_the_same_while_a_seat_is_busy) {
  const head first = open("ann");
  const head there = seat(first, "c1");
  const head second = rotate(first);
  set(first, "exp", std::to_string(second.expires_at - 1));  // as if some time had passed
  rotate(there);
  EXPECT_EQ(std::get<head>(rotate(of(first))).expires_at, second.expires_at - 1);
  EXPECT_GT(must(store_->list("ann"))[0].expires_at, second.expires_at - 1);
}

TEST_F(session_seat, tabs_that_come_in_together_share_one) {
  const head first = open("ann");
  const head one = seat(first, "c1");
  const head other = seat(first, "c2");
  EXPECT_EQ(one.seat, other.seat);
  EXPECT_EQ(one.issued_at, other.issued_at);
  rotate(one);
  EXPECT_NE(seat(first, "c3").seat, one.seat);
  EXPECT_EQ(refused(of(one)), refusal::absent) << "another has taken its place";
  EXPECT_TRUE(lives(first.sid));
}

TEST_F(session_seat, a_code_is_taken_once) {
  const head first = open("ann");
  const head there = seat(first, "c1");
  const arrived again = take("c1");
  EXPECT_EQ(std::get<taken_twice>(again).sid, first.sid);
  EXPECT_EQ(std::get<taken_twice>(again).user_id, "ann");
  EXPECT_FALSE(lives(first.sid));
  EXPECT_EQ(refused(of(there)), refusal::absent);
  EXPECT_EQ(feed().size(), 1U);
}

TEST_F(session_seat, a_code_is_for_one_origin_and_one_verifier) {
  const head first = open("ann");
  offer(first, "c1");
  EXPECT_EQ(std::get<refusal>(take("c1", "wiki.example.com")), refusal::absent);
  offer(first, "c2");
  EXPECT_EQ(std::get<refusal>(take("c2", "app.example.com", "other")), refusal::absent);
  EXPECT_EQ(std::get<refusal>(take("c3")), refusal::absent);
  EXPECT_TRUE(lives(first.sid));
}

TEST_F(session_seat, none_is_made_of_a_session_that_has_ended) {
  const head first = open("ann");
  offer(first, "c1");
  must(store_->end(first.sid, "ann"));
  EXPECT_EQ(std::get<refusal>(take("c1")), refusal::absent);
  hand_over with;
  with.sid = first.sid;
  with.user_id = "ann";
  with.client = "rest";
  with.code_hash = "c2";
  EXPECT_EQ(must(store_->offer(with)), refusal::absent);
}

TEST_F(session_seat, nor_for_another_client_or_user) {
  const head first = open("ann");
  hand_over with;
  with.sid = first.sid;
  with.user_id = "ann";
  with.client = "pages";
  with.code_hash = "c1";
  EXPECT_EQ(must(store_->offer(with)), refusal::wrong_client);
  with.user_id = "bob";
  EXPECT_EQ(must(store_->offer(with)), refusal::absent);
}

TEST_F(session_seat, a_code_lives_a_minute) {
  offer(open("ann"), "c1");
  const std::int64_t left = command({"TTL", "gatehouse:{main}:code:c1"}).integer;
  EXPECT_GT(left, 50);
  EXPECT_LE(left, 60);
}

}  // namespace
}  // namespace gatehouse::session
