#include <gtest/gtest.h>

#include "limit/allowance.h"
#include "limit/rate.h"
#include "limit/subscriber.h"

namespace gatehouse::limit {

namespace {

using namespace std::chrono_literals;

std::string refusal_of(std::string_view text) {
  const result<rate> parsed = parse_rate(text);
  return parsed ? "" : parsed.failure().what;
}

TEST(limit_rate, a_count_and_a_time) {
  EXPECT_EQ(*parse_rate("10/15m"), (rate{10, 900s}));
  EXPECT_EQ(*parse_rate("1/1s"), (rate{1, 1s}));
  EXPECT_EQ(*parse_rate("1000000/1d"), (rate{1000000, 86400s}));
  EXPECT_EQ(*parse_rate("5/1h30m"), (rate{5, 5400s}));
  EXPECT_EQ(*parse_rate("5/60"), (rate{5, 60s})) << "nginx's unit is the second";
  EXPECT_FALSE(parse_rate("10/15m")->off());
  EXPECT_TRUE(parse_rate("off")->off());
}

TEST(limit_rate, anything_else_is_an_error_that_says_what_to_write) {
  for (const char* text :
       {"",       "10",     "/",       "10/",     "/15m",       "0/15m",    "10/0",     "10/0s", "-1/15m", "+1/15m",
        "1.5/1m", "10/15x", "10 /15m", "10/ 15m", "1000001/1m", "10/15m/2", "10/500ms", "on",    "OFF",    "off/1m"}) {
    EXPECT_EQ(parse_rate(text).ok(), false) << text;
    EXPECT_NE(refusal_of(text).find("\"" + std::string(text) + "\" is not a limit"), std::string::npos) << text;
    EXPECT_NE(refusal_of(text).find("10/15m"), std::string::npos) << text;
  }
}

// ---- a directive's words

status parse(std::vector<std::string_view> words, allowance& into) { return parse_allowance(words, into); }

TEST(limit_allowance, what_is_not_named_keeps_its_default) {
  allowance logins = allowances().logins;
  ASSERT_TRUE(parse({"address=200/15m", "all=5000/1h"}, logins).ok());
  EXPECT_EQ(logins.address, (rate{200, 900s}));
  EXPECT_EQ(logins.all, (rate{5000, 3600s}));
  EXPECT_EQ(logins.account, allowances().logins.account);
  EXPECT_EQ(logins.account_address, allowances().logins.account_address);
}

TEST(limit_allowance, each_scope_or_all_of_them_can_be_off) {
  allowance logins = allowances().logins;
  ASSERT_TRUE(parse({"account+address=off"}, logins).ok());
  EXPECT_TRUE(logins.account_address->off());
  EXPECT_FALSE(logins.account->off());
  ASSERT_TRUE(parse({"off"}, logins).ok());
  for (const scope& each : scopes) EXPECT_TRUE((logins.*each.limit)->off()) << each.name;

  allowance tokens = allowances().tokens;
  ASSERT_TRUE(parse({"off"}, tokens).ok());
  EXPECT_TRUE(tokens.address->off());
  EXPECT_FALSE(tokens.account) << "off makes no scope that does not exist";
}

TEST(limit_allowance, a_wrong_word_is_refused_in_words_that_help) {
  const std::pair<std::vector<std::string_view>, const char*> wrong[] = {
      {{"adress=10/1h"}, "\"adress=10/1h\" is unknown here; write address=N/TIME, all=N/TIME, or off"},
      {{"account=10/1h"}, "\"account=10/1h\" is unknown here; write address=N/TIME, all=N/TIME, or off"},
      {{"10/1h"}, "\"10/1h\" is unknown here"},
      {{"address"}, "\"address\" is unknown here"},
      {{""}, "\"\" is unknown here"},
      {{"address=10/1h", "off"}, "\"off\" is unknown here"},
      {{"address=10/1h", "address=20/1h"}, "\"address=\" is given twice"},
      {{"address=10"}, "\"address=\": \"10\" is not a limit"},
      {{"address="}, "\"address=\": \"\" is not a limit"},
  };
  for (const auto& [words, text] : wrong) {
    allowance registrations = allowances().registrations;
    const status parsed = parse(words, registrations);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_NE(parsed.failure().what.find(text), std::string::npos) << parsed.failure().what;
  }
}

TEST(limit_allowance, requirement_51_an_account_has_at_most_100_failures_in_an_hour_by_default) {
  const rate account = *allowances().logins.account;
  EXPECT_LE(account.count, 100U);
  EXPECT_GE(account.window, 3600s);
}

// ---- whose address

TEST(limit_network, ipv4_as_it_is) {
  EXPECT_EQ(subscriber_of("192.0.2.1"), "192.0.2.1");
  EXPECT_NE(subscriber_of("192.0.2.1"), subscriber_of("192.0.2.2"));
}

TEST(limit_network, ipv6_by_its_64) {
  EXPECT_EQ(subscriber_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(subscriber_of("2001:db8:1:2::"), "2001:db8:1:2::/64");
  EXPECT_NE(subscriber_of("2001:db8:1:2::1"), subscriber_of("2001:db8:1:3::1"));
  EXPECT_EQ(subscriber_of("::1"), "::/64");
}

TEST(limit_network, ipv4_within_ipv6_is_ipv4) {
  EXPECT_EQ(subscriber_of("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(subscriber_of("::ffff:c000:201"), "192.0.2.1");
  EXPECT_EQ(subscriber_of("64:ff9b::192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(subscriber_of("64:ff9b:1::192.0.2.1"), "64:ff9b:1::/64");
}

TEST(limit_network, what_is_no_ip_address_as_it_is) {
  for (const char* text : {"unix:", "", "localhost", "fe80::1%eth0", "[::1]"}) EXPECT_EQ(subscriber_of(text), text);
}

}  // namespace

}  // namespace gatehouse::limit
