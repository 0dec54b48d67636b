// What has no route of its own yet: the limits on mails and one-time tokens, and the place that is remembered.
#include <gtest/gtest.h>

#include "base/text.h"
#include "loop_host.h"
#include "private_redis.h"
#include "rest/rest.h"
#include "step/throttle.h"
#include "token_keys.h"

namespace gatehouse::operation {

namespace {

using namespace std::chrono_literals;

class operation_throttle : public testing::Test {
 protected:
  operation_throttle() {
    said_.name = "main";
    said_.postgres = *postgres::parse_options("host=/nonexistent dbname=none", {}, "/");
    said_.redis = redis_.patient();
    said_.keys =
        *token::key_set::parse(R"({"keys":[)" + token::test::hs256_access + "," + token::test::hs256_refresh + "]}");
    said_.cookies.emplace("gatehouse", true);
    realm_.emplace(loop_.core(), said_, hashes_, 3600s, std::nullopt);
  }
  ~operation_throttle() override {
    realm_->close();
    loop_.run_for(10ms);
  }

  template <class T>
  T await(task<T> work) {
    result<T> given = loop_.await(std::move(work), 10s);
    if (!given) throw std::runtime_error(given.failure().what);
    return std::move(*given);
  }
  context from(const std::string& address) {
    return {*realm_, dialect::rest.client, address, "curl/8", "r1", "/auth/", ""};
  }
  bool mail(const std::string& email, const std::string& address) {
    return !await(admit_mail(from(address), mail_wish::reset, email)).refused;
  }
  bool token(const std::string& address) { return !await(admit_token(from(address))).refused; }
  bool login(const std::string& identifier, const std::string& address) {
    attempt tried = await(admit_login(from(address), identifier));
    if (tried.refused) return false;
    const std::string user_id = ascii_lower(identifier) == "ann@example.com" || identifier == "ann" ? "1" : "";
    return !await(count_login_of(from(address), std::move(tried), identifier, user_id)).refused;
  }
  account::user ann() {
    account::user known;
    known.id = "1";
    known.email = "Ann@example.com";
    return known;
  }

  private_redis redis_;
  loop_host loop_;
  password::admission hashes_{64};
  realm::settings said_;
  std::optional<realm::services> realm_;
};

TEST_F(operation_throttle, mails_to_one_account_are_limited_however_it_is_spelt_and_wherever_it_is_asked_for) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(mail(i % 2 == 0 ? "Ann@Example.com" : "ann@example.com", "192.0.2." + std::to_string(i)));
  }
  const attempt no = await(admit_mail(from("192.0.2.9"), mail_wish::reset, "ANN@example.com"));
  ASSERT_TRUE(no.refused.has_value());
  const auto& why = std::get<refused>(*no.refused);
  EXPECT_EQ(why.why, refusal::too_many_requests);
  EXPECT_GT(why.retry_after, 3590s);
  EXPECT_LE(why.retry_after, 3600s);
  EXPECT_TRUE(mail("bob@example.com", "192.0.2.9"));
}

TEST_F(operation_throttle, mails_are_limited_for_each_address_and_all_stops_nobody_who_asks) {
  said_.limits.mails.all = limit::rate{1, 3600s};
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(mail("n" + std::to_string(i) + "@example.com", "192.0.2.1"));
  EXPECT_FALSE(mail("other@example.com", "192.0.2.1"));
  EXPECT_TRUE(mail("other@example.com", "192.0.2.2"));
  EXPECT_TRUE(mail("other@example.com", "192.0.2.3"));
}

TEST_F(operation_throttle, requirement_51_each_kind_of_mail_to_an_account_has_its_own_count) {
  said_.limits.mails.account = limit::rate{1, 3600s};
  for (const mail_wish what : {mail_wish::verification, mail_wish::registration, mail_wish::reset}) {
    EXPECT_FALSE(await(admit_mail(from("192.0.2.1"), what, "ann@example.com")).refused);
    EXPECT_TRUE(await(admit_mail(from("192.0.2.1"), what, "ann@example.com")).refused);
  }
  EXPECT_FALSE(await(admit_new_email(from("192.0.2.1"), "1", "ann@example.com")).refused);
  EXPECT_TRUE(await(admit_new_email(from("192.0.2.1"), "1", "bob@example.com")).refused) << "the user's";
  EXPECT_TRUE(await(admit_new_email(from("192.0.2.1"), "2", "ann@example.com")).refused) << "the e-mail's";
  EXPECT_FALSE(await(admit_new_email(from("192.0.2.1"), "2", "bob@example.com")).refused) << "a refusal counts nowhere";
}

TEST_F(operation_throttle, mails_are_asked_for_freely_where_the_account_is_known) {
  said_.limits.mails.account = limit::rate{1, 3600s};
  await(remember_place(from("192.0.2.1"), ann()));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(mail("ann@example.com", "192.0.2.1"));
  EXPECT_FALSE(mail("ann@example.com", "192.0.2.2"));
}

TEST_F(operation_throttle, requirement_54_wrong_tokens_are_limited_and_right_ones_are_not) {
  for (int i = 0; i < 100; ++i) {
    attempt tried = await(admit_token(from("2001:db8::" + std::to_string(i))));
    ASSERT_FALSE(tried.refused);
    await(give_back(from("2001:db8::1"), std::move(tried)));
  }
  for (int i = 0; i < 60; ++i) ASSERT_TRUE(token("2001:db8::" + std::to_string(i)));
  EXPECT_FALSE(token("2001:db8::ffff"));
  EXPECT_TRUE(token("192.0.2.1"));
}

TEST_F(operation_throttle, the_kinds_of_attempt_are_counted_apart) {
  said_.limits.mails.address = said_.limits.tokens.address = said_.limits.registrations.address = limit::rate{1, 60s};
  EXPECT_TRUE(mail("ann@example.com", "192.0.2.1"));
  EXPECT_TRUE(token("192.0.2.1"));
  EXPECT_FALSE(await(admit_registration(from("192.0.2.1"), "a@example.com")).refused);
  EXPECT_FALSE(mail("ann@example.com", "192.0.2.1"));
  EXPECT_FALSE(token("192.0.2.1"));
  EXPECT_TRUE(await(admit_registration(from("192.0.2.1"), "b@example.com")).refused);
}

// The way out for somebody who is away from home during an attack: a reset by mail.
TEST_F(operation_throttle, requirement_51_who_proves_to_own_the_account_can_log_in_where_he_is) {
  said_.limits.logins.account = limit::rate{4, 3600s};
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(login("ann@example.com", "198.51.100." + std::to_string(i)));
  EXPECT_FALSE(login("ann@example.com", "192.0.2.1"));
  await(remember_place(from("192.0.2.1"), ann()));
  EXPECT_TRUE(login("ann@example.com", "192.0.2.1"));
  EXPECT_FALSE(login("ann@example.com", "192.0.2.2"));
}

TEST_F(operation_throttle, what_a_session_can_fill_is_not_what_logins_are_counted_by) {
  said_.limits.logins.account_address = limit::rate{1, 60s};
  EXPECT_FALSE(await(admit_current_password(from("192.0.2.1"), "1")).refused);
  EXPECT_TRUE(await(admit_current_password(from("192.0.2.1"), "1")).refused);
  EXPECT_TRUE(login("ann", "192.0.2.1"));
}

// Issue 10.8.
TEST_F(operation_throttle, requirement_51_a_login_is_counted_by_the_account_whatever_it_is_called) {
  said_.limits.logins.account = limit::rate{4, 3600s};
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(login(i % 2 == 0 ? "ann" : "Ann@example.com", "198.51.100.1"));
  EXPECT_FALSE(login("ann", "198.51.100.1"));
  EXPECT_FALSE(login("ann@example.com", "198.51.100.1"));
  EXPECT_TRUE(login("bob", "198.51.100.1"));
}

TEST_F(operation_throttle, without_redis_nothing_is_admitted_unless_nothing_is_limited) {
  redis_.server().kill();
  const attempt no = await(admit_mail(from("192.0.2.1"), mail_wish::reset, "ann@example.com"));
  ASSERT_TRUE(no.refused.has_value());
  EXPECT_EQ(std::get<refused>(*no.refused).why, refusal::unavailable);
  said_.limits.mails.account = said_.limits.mails.address = said_.limits.mails.all = limit::rate{};
  EXPECT_TRUE(mail("ann@example.com", "192.0.2.1"));
}

TEST(operation_is_our_failure, only_what_the_client_cannot_help) {
  for (const refusal why : {refusal::busy, refusal::unavailable, refusal::internal}) {
    EXPECT_TRUE(is_our_failure(refuse(why)));
  }
  for (const refusal why : {refusal::bad_credentials, refusal::invalid_input, refusal::email_taken}) {
    EXPECT_FALSE(is_our_failure(refuse(why)));
  }
  EXPECT_FALSE(is_our_failure(signed_in()));
}

}  // namespace

}  // namespace gatehouse::operation
