#include <gtest/gtest.h>

#include <array>

#include "gate/assurance.h"
#include "gate/header_name.h"
#include "gate/identity.h"
#include "gate/origin.h"
#include "gate/rule.h"

namespace gatehouse::gate {
namespace {

token::access_claims claims_of(nlohmann::json all) {
  all["sub"] = "7e6f";
  all["sid"] = "5e55";
  return {*token::claim_set::read(all.dump(), {}), 1, 1000, 2000};
}

identity_ref someone(nlohmann::json all, bool trust_email = false, remote_user shown = remote_user::email) {
  return identity_ref(new identity("main", claims_of(std::move(all)), shown, trust_email));
}

rule parsed(std::vector<std::string_view> words) {
  result<rule> made = rule::parse(words);
  EXPECT_TRUE(made.ok()) << made.failure().what;
  return std::move(*made);
}

TEST(rule, a_role_must_be_one_of_the_users) {
  const identity_ref who = someone({{"roles", {"admin", "staff"}}});
  EXPECT_TRUE(parsed({"role=admin"}).allows(*who));
  EXPECT_TRUE(parsed({"role=admin", "role=staff"}).allows(*who));
  EXPECT_FALSE(parsed({"role=admin", "role=root"}).allows(*who));
  EXPECT_FALSE(parsed({"role=adm"}).allows(*who));
  EXPECT_FALSE(parsed({"role=Admin"}).allows(*who));
  EXPECT_FALSE(parsed({"role=admin"}).allows(*someone({{"roles", "admin"}})));
  EXPECT_FALSE(parsed({"role=admin"}).allows(*someone(nlohmann::json::object())));
}

TEST(rule, a_claim_must_be_equal) {
  const identity_ref who = someone({{"team", "red"}, {"level", 3}, {"beta", true}, {"empty", ""}});
  EXPECT_TRUE(parsed({"claim:team=red"}).allows(*who));
  EXPECT_TRUE(parsed({"claim:level=3"}).allows(*who));
  EXPECT_TRUE(parsed({"claim:beta=true"}).allows(*who));
  EXPECT_FALSE(parsed({"claim:team=blue"}).allows(*who));
  EXPECT_FALSE(parsed({"claim:absent=x"}).allows(*who));
}

TEST(rule, an_unverified_email_matches_no_rule) {
  const nlohmann::json claims = {{"email", "ann@example.com"}, {"email_verified", false}};
  EXPECT_FALSE(parsed({"claim:email=ann@example.com"}).allows(*someone(claims)));
  EXPECT_TRUE(parsed({"claim:email=ann@example.com"}).allows(*someone(claims, true)));
}

TEST(rule, requirement_71_mfa_is_what_amr_says) {
  const rule mfa = parsed({"mfa"});
  EXPECT_TRUE(mfa.allows(*someone({{"amr", {"pwd", "otp", "mfa"}}})));
  EXPECT_FALSE(mfa.allows(*someone({{"amr", {"pwd", "otp"}}})));
  EXPECT_FALSE(mfa.allows(*someone({{"amr", "mfa"}}))) << "an array (RFC 8176)";
  EXPECT_FALSE(mfa.allows(*someone(nlohmann::json::object())));
  EXPECT_EQ(someone({{"amr", {"pwd", 1, "mfa"}}})->amr_joined(), "pwd mfa");
}

TEST(rule, requirement_71_auth_age_is_how_long_ago_he_has_proved_who_he_is) {
  const rule lately = parsed({"auth_age=15m"});
  EXPECT_TRUE(lately.allows(*someone({{"auth_time", now_seconds() - 890}})));
  EXPECT_FALSE(lately.allows(*someone({{"auth_time", now_seconds() - 910}})));
  EXPECT_TRUE(lately.allows(*someone({{"auth_time", now_seconds() + 1}}))) << "clocks differ";
  EXPECT_FALSE(lately.allows(*someone(nlohmann::json::object())));
  EXPECT_FALSE(lately.allows(*someone({{"auth_time", -1}})));
}

TEST(rule, requirement_71_nothing_but_what_is_missing_is_asked_for) {
  const identity_ref who = someone({{"auth_time", now_seconds() - 1000}, {"amr", {"pwd"}}, {"roles", {"staff"}}});
  const auto asks = [&who](std::vector<std::string_view> words) {
    const std::optional<assurance> missing = parsed(std::move(words)).missing(*who);
    return missing ? missing->query() : "nothing helps";
  };
  EXPECT_EQ(asks({"mfa"}), "acr_values=mfa");
  EXPECT_EQ(asks({"auth_age=15m"}), "max_age=900");
  EXPECT_EQ(asks({"auth_age=1h", "mfa"}), "acr_values=mfa");
  EXPECT_EQ(asks({"mfa", "auth_age=15m", "auth_age=10m"}), "acr_values=mfa&max_age=600");
  EXPECT_EQ(asks({"role=staff", "mfa"}), "acr_values=mfa");
  EXPECT_EQ(asks({"role=admin", "mfa"}), "nothing helps") << "he may not see it in any case";
  EXPECT_EQ(asks({"any", "role=admin", "mfa", "auth_age=15m"}), "acr_values=mfa") << "one of them is enough";
  EXPECT_EQ(asks({"any", "role=admin", "role=root"}), "nothing helps");
}

TEST(rule, an_auth_age_has_a_minute_at_least) {
  for (const char* wrong :
       {"auth_age=", "auth_age=59", "auth_age=0", "auth_age=soon", "auth_age=-1", "mfa=", "mfa=yes"}) {
    const std::array<std::string_view, 1> words{wrong};
    EXPECT_FALSE(rule::parse(words).ok()) << wrong;
  }
  EXPECT_EQ(parsed({"mfa", "auth_age=1m"}).text(), "mfa auth_age=1m");
}

TEST(assurance, is_read_as_it_is_written_and_of_anything_else_nothing) {
  assurance both;
  both.mfa = true;
  both.max_age = seconds(900);
  EXPECT_EQ(both.query(), "acr_values=mfa&max_age=900");
  EXPECT_EQ(assurance::read("mfa", "900").query(), both.query());
  EXPECT_EQ(both.challenge(), "Bearer error=\"insufficient_user_authentication\", acr_values=\"mfa\", max_age=900");
  EXPECT_EQ(assurance::read("", "0").challenge(), "Bearer error=\"insufficient_user_authentication\", max_age=0");
  for (const char* wrong : {"", "-1", "1.5", "900s", "99999999999", "\r\n"}) {
    EXPECT_TRUE(assurance::read(wrong, wrong).empty()) << wrong;
  }
  EXPECT_TRUE(assurance::read("MFA", "").empty());
}

TEST(rule, any_needs_one_and_all_needs_every) {
  const identity_ref who = someone({{"roles", {"staff"}}, {"team", "red"}});
  EXPECT_TRUE(parsed({"any", "role=admin", "claim:team=red"}).allows(*who));
  EXPECT_FALSE(parsed({"any", "role=admin", "claim:team=blue"}).allows(*who));
  EXPECT_TRUE(parsed({"all", "role=staff", "claim:team=red"}).allows(*who));
  EXPECT_FALSE(parsed({"all", "role=admin", "claim:team=red"}).allows(*who));
}

TEST(rule, an_email_domain_is_that_of_an_identity) {
  const nlohmann::json verified = {{"email", "ann@Example.com"}, {"email_verified", true}};
  const nlohmann::json unverified = {{"email", "ann@example.com"}, {"email_verified", false}};
  EXPECT_TRUE(parsed({"email_domain=example.com"}).allows(*someone(verified)));
  EXPECT_FALSE(parsed({"email_domain=ample.com"}).allows(*someone(verified)));
  EXPECT_FALSE(parsed({"email_domain=example.com"}).allows(*someone(unverified)));
  EXPECT_TRUE(parsed({"email_domain=example.com"}).allows(*someone(unverified, true)));
  EXPECT_FALSE(parsed({"email_domain=example.com"}).allows(*someone(nlohmann::json::object())));
}

TEST(rule, a_verified_email_is_one_even_where_the_realm_trusts_any) {
  EXPECT_TRUE(parsed({"email_verified"}).allows(*someone({{"email", "a@b.c"}, {"email_verified", true}})));
  EXPECT_FALSE(parsed({"email_verified"}).allows(*someone({{"email", "a@b.c"}, {"email_verified", false}}, true)));
}

TEST(rule, a_wrong_word_is_named_with_what_to_write) {
  for (const char* wrong : {"admin", "role", "role=", "claim=x", "claim:=x", "claim:a=", "group=x", "=x", "",
                            "email_domain=", "email_verified=x", "any role=x"}) {
    const std::vector<std::string_view> words{wrong};
    const result<rule> made = rule::parse(words);
    ASSERT_FALSE(made.ok()) << wrong;
    EXPECT_NE(made.failure().what.find("role=NAME"), std::string::npos);
  }
  EXPECT_FALSE(rule::parse({}).ok());
  EXPECT_FALSE(rule::parse(std::vector<std::string_view>{"any"}).ok());
}

TEST(identity, an_email_counts_when_verified_or_where_the_realm_trusts_it) {
  EXPECT_EQ(someone({{"email", "a@b.c"}})->email(), "");
  EXPECT_EQ(someone({{"email", "a@b.c"}, {"email_verified", "true"}})->email(), "");
  EXPECT_EQ(someone({{"email", "a@b.c"}, {"email_verified", true}})->email(), "a@b.c");
  EXPECT_EQ(someone({{"email", "a@b.c"}}, true)->email(), "a@b.c");
  EXPECT_EQ(someone({{"email", "a@b.c"}})->shown(), "");
  EXPECT_EQ(someone({{"email", "a@b.c"}})->claim("email"), "");
}

TEST(identity, remote_user_is_what_the_realm_says) {
  const nlohmann::json claims = {{"email", "a@b.c"}, {"email_verified", true}, {"preferred_username", "ann"}};
  EXPECT_EQ(someone(claims, false, remote_user::email)->shown(), "a@b.c");
  EXPECT_EQ(someone(claims, false, remote_user::username)->shown(), "ann");
  EXPECT_EQ(someone(claims, false, remote_user::id)->shown(), "7e6f");
}

TEST(identity, a_role_cannot_smuggle_in_another) {
  const identity_ref who = someone({{"roles", {"staff", "x,admin", "", 3, "ops"}}});
  EXPECT_EQ(who->roles_joined(), "staff,ops");
  EXPECT_FALSE(who->has_role("admin"));
}

TEST(identity, claims_are_strings_or_json) {
  const identity_ref who = someone({{"a", "text"}, {"b", 1.5}, {"c", {{"d", nullptr}}}});
  EXPECT_EQ(who->claim("a"), "text");
  EXPECT_EQ(who->claim("b"), "1.5");
  EXPECT_EQ(who->claim("c"), R"({"d":null})");
  EXPECT_EQ(who->claim("z"), "");
}

TEST(identity, what_was_escaped_is_shown_as_it_was_meant) {
  const identity_ref who = someone({{"name", R"(Ann "O\'Neill")"}, {"roles", {R"(a"b)", "c"}}, {"q", "\"\""}});
  EXPECT_EQ(who->name(), R"(Ann "O\'Neill")");
  EXPECT_EQ(who->roles_joined(), R"(a"b,c)");
  EXPECT_TRUE(who->has_role(R"(a"b)"));
  EXPECT_EQ(who->claim("q"), "\"\"");
  EXPECT_EQ(who->user_id(), "7e6f");
  EXPECT_TRUE(who->is_clean());
}

TEST(origin, only_what_a_browser_would_send) {
  for (const char* good : {"https://example.com", "http://localhost", "http://127.0.0.1:8080",
                           "https://a-b.example.com:8443", "http://[::1]:8080", "https://[2001:db8::1]"}) {
    EXPECT_TRUE(is_origin(good)) << good;
  }
  for (const char* bad :
       {"", "null", "*", "example.com", "https://", "https://example.com/", "https://Example.com",
        "https://user@example.com", "https://example.com:443", "http://example.com:80", "ftp://example.com",
        "https://example.com:0", "https://example.com:99999", "https://example.com:", "https://exa mple.com",
        "https://*.example.com", "https://[::1", "https://.example.com", "https://example.com:8a"}) {
    EXPECT_FALSE(is_origin(bad)) << bad;
  }
}

TEST(identity_header, names_with_a_meaning_of_their_own_are_refused) {
  for (const char* good : {"Remote-User", "X-Remote-User", "REMOTE_USER", "X-WEBAUTH-USER"}) {
    EXPECT_TRUE(check_identity_header(good).ok()) << good;
  }
  for (const char* bad :
       {"", "Host", "hOsT", "Cookie", "Authorization", "Content_Length", "X-Forwarded-For", "X_Real_IP", "Remote User",
        "Remote-User:", "Rémote", "Remote.User", "Content.Length", "Origin", "Sec_Fetch_Site"}) {
    EXPECT_FALSE(check_identity_header(bad).ok()) << bad;
  }
}

}  // namespace
}  // namespace gatehouse::gate
