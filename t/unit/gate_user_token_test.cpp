#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gate/known_tokens.h"
#include "gate/network.h"
#include "gate/presented_token.h"
#include "gate/user_token.h"

namespace gatehouse::gate {
namespace {

TEST(UserToken, IsOfAFixedForm) {
  const secret made = make_user_token();
  const std::string text(made.reveal());
  EXPECT_EQ(text.size(), 53U);
  EXPECT_TRUE(text.starts_with("gth_"));
  EXPECT_TRUE(is_user_token(text));
  EXPECT_FALSE(made.same_as(make_user_token()));
}

// By zlib: crc32(b"gth_" + b"A" * 43) is 0xE788D854.
TEST(UserToken, HasTheSumOfZlib) {
  const std::string text = "gth_" + std::string(43, 'A');
  EXPECT_TRUE(is_user_token(text + "54jYVA"));
}

TEST(UserToken, AnyOtherCharacterSpoilsIt) {
  const std::string good(make_user_token().reveal());
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string wrong = good;
    wrong[at] = good[at] == 'x' ? 'y' : 'x';
    EXPECT_FALSE(is_user_token(wrong)) << at;
  }
  EXPECT_FALSE(is_user_token(""));
  EXPECT_FALSE(is_user_token("gth_"));
  EXPECT_FALSE(is_user_token(good + "A"));
  EXPECT_FALSE(is_user_token(std::string_view(good).substr(0, good.size() - 1)));
}

using kind = presented_token::kind;
constexpr token_places all{true, true, true};

struct shown {
  kind what;
  std::string text, username;
};

shown show(token_places places, std::vector<std::string_view> authorization, std::vector<std::string_view> keys = {}) {
  const presented_token token(places, authorization, keys);
  return {token.what(), std::string(token.text()), std::string(token.username())};
}

TEST(PresentedToken, OnlyWhereItIsTaken) {
  EXPECT_EQ(show(all, {"Bearer gth_x"}).text, "gth_x");
  EXPECT_EQ(show({}, {"Bearer gth_x"}, {"gth_y"}).what, kind::none);
  EXPECT_EQ(show({false, true, false}, {"Bearer gth_x"}).what, kind::none);
  EXPECT_EQ(show({true, false, false}, {"Basic YTpndGhfeA=="}).what, kind::none);
  EXPECT_EQ(show(all, {"Bearer eyJ.a.b"}).what, kind::none);
  EXPECT_EQ(show(all, {"Digest x"}).what, kind::none);
}

TEST(PresentedToken, TwoAreAmbiguous) {
  EXPECT_EQ(show(all, {}, {"gth_x", "gth_x"}).what, kind::ambiguous);
  EXPECT_EQ(show(all, {"Bearer x"}, {"gth_x"}).what, kind::ambiguous);
  EXPECT_EQ(show(all, {"Basic YTpi"}, {"gth_x"}).what, kind::ambiguous);
  EXPECT_EQ(show({true, false, false}, {"Basic YTpi"}, {"gth_x"}).what, kind::token);  // the application's own
}

TEST(PresentedToken, ReadsBasic) {
  const shown token = show(all, {"Basic YTpndGhfeA=="});  // a:gth_x
  EXPECT_EQ(token.what, kind::token);
  EXPECT_EQ(token.text, "gth_x");
  EXPECT_EQ(token.username, "a");
  const shown password = show(all, {"basic asO8OmI6YzpkIA"});  // jü:b:c:d and a space, no padding
  EXPECT_EQ(password.what, kind::password);
  EXPECT_EQ(password.username, "jü");
  EXPECT_EQ(password.text, "b:c:d ");
  EXPECT_EQ(show({true, true, false}, {"Basic YTpi"}).what, kind::malformed);
  for (const char* wrong : {"Basic YWI=", "Basic Og==", "Basic OmI=", "Basic YTo=", "Basic *", "Basic YTpi YTpi"}) {
    EXPECT_EQ(show(all, {wrong}).what, kind::malformed) << wrong;
  }
  const std::string long_one = "Basic " + std::string(5000, 'A');
  EXPECT_EQ(show(all, {long_one}).what, kind::malformed);
}

TEST(Network, Contains) {
  const auto within = [](const char* net, const char* address) { return network::parse(net)->contains(address); };
  EXPECT_TRUE(within("192.0.2.0/24", "192.0.2.255"));
  EXPECT_FALSE(within("192.0.2.0/24", "192.0.3.0"));
  EXPECT_TRUE(within("192.0.2.0/24", "::ffff:192.0.2.1"));
  EXPECT_TRUE(within("0.0.0.0/0", "203.0.113.9"));
  EXPECT_FALSE(within("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(within("2001:db8::/33", "2001:db8:7fff::1"));
  EXPECT_FALSE(within("2001:db8::/33", "2001:db8:8000::1"));
  EXPECT_TRUE(within("192.0.2.7", "192.0.2.7"));
  EXPECT_FALSE(within("192.0.2.7", "unix:"));
  for (const char* wrong : {"", "x", "192.0.2.0/33", "::/129", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/8x"}) {
    EXPECT_FALSE(network::parse(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace gatehouse::gate
