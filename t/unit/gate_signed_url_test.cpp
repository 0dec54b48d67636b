// Signed URLs: what can be signed, and what a signature is good for.
#include <gtest/gtest.h>

#include <string>

#include "gate/signed_url.h"
#include "token_keys.h"

namespace gatehouse::gate {
namespace {

constexpr unix_seconds now = 1'800'000'000;
const std::string session = "5f0b1c1e-8d1c-4f8e-9a53-0d3c5a0c1b2d";

token::key_set keys(std::string_view refresh_bytes = token::test::refresh_bytes) {
  const std::string refresh = token::test::oct("r1", refresh_bytes, R"(,"use":"gatehouse-refresh")");
  return *token::key_set::parse(R"({"keys":[)" + token::test::hs256_access + "," + refresh + "]}");
}

class signed_url : public ::testing::Test {
 protected:
  std::string sign(std::string_view target, unix_seconds expires_at = now + 60) const {
    return sign_target(keys_, {"main", "app.example.com", target}, session, expires_at);
  }
  std::string signer(std::string_view sent, unix_seconds at = now, std::string_view realm = "main",
                     std::string_view host = "app.example.com") const {
    return signer_of(keys_, {realm, host, sent}, at).value_or("nobody");
  }

  token::key_set keys_ = keys();
};

TEST_F(signed_url, names_its_session) {
  for (const char* target :
       {"/", "/report", "/report?year=2026", "/a%20b/%C3%BC?x=%26&&y", "/x?", "/p;v=1/q@,!$'()*+~"}) {
    EXPECT_EQ(fault_of_target(target), nullptr) << target;
    EXPECT_EQ(signer(sign(target)), session) << target;
  }
}

TEST_F(signed_url, adds_two_parameters) {
  EXPECT_TRUE(sign("/report").starts_with("/report?gh_expires=1800000060&gh_signature="));
  EXPECT_TRUE(sign("/report?a=1").starts_with("/report?a=1&gh_expires=1800000060&gh_signature="));
}

TEST_F(signed_url, is_for_one_target_realm_host_and_time) {
  const std::string made = sign("/report?a=1");
  EXPECT_EQ(signer("/Report" + made.substr(7)), "nobody");
  EXPECT_EQ(signer("/report?a=2" + made.substr(11)), "nobody");
  EXPECT_EQ(signer("/report/?a=1" + made.substr(11)), "nobody");
  EXPECT_EQ(signer("/report?a=1&b=2" + made.substr(11)), "nobody");
  EXPECT_EQ(signer(made, now, "other"), "nobody");
  EXPECT_EQ(signer(made, now, "main", "wiki.example.com"), "nobody");
  EXPECT_EQ(signer(made, now + 59), session);
  EXPECT_EQ(signer(made, now + 60), "nobody");
}

TEST_F(signed_url, every_byte_of_it_counts) {
  const std::string made = sign("/report");
  for (std::size_t at = 0; at < made.size(); ++at) {
    std::string other = made;
    other[at] = other[at] == 'A' ? 'B' : 'A';
    EXPECT_EQ(signer(other), "nobody") << at;
    EXPECT_EQ(signer(made.substr(0, at)), "nobody") << at;
  }
  EXPECT_EQ(signer(made + "A"), "nobody");
  EXPECT_EQ(signer(made + "&"), "nobody");
  EXPECT_EQ(signer(made + "&x=1"), "nobody");
}

TEST_F(signed_url, its_time_is_a_plain_number_of_seven_days_at_most) {
  const unix_seconds latest = now + longest_signed_url.count();
  EXPECT_EQ(signer(sign("/", latest)), session);
  EXPECT_EQ(signer(sign("/", latest + 1)), "nobody");
  EXPECT_EQ(signer(sign("/", -1)), "nobody");
  std::string spelt = sign("/");
  spelt.replace(spelt.find("=18"), 1, "=0");
  EXPECT_EQ(signer(spelt), "nobody");
}

TEST_F(signed_url, of_other_keys_is_none) {
  const token::key_set others = keys("another key of 32 bytes, at least");
  EXPECT_EQ(signer(sign_target(others, {"main", "app.example.com", "/"}, session, now + 60)), "nobody");
}

// The derived key is for this alone: what the refresh key itself signs is worth nothing here.
TEST_F(signed_url, is_not_signed_by_the_refresh_key_itself) {
  const std::string made = sign("/");
  const std::string message = "gatehouse signed URL, GET\nmain\napp.example.com\n1800000060\n" + session + "\n/";
  const std::string forged = token::test::hmac_of(token::test::refresh_bytes, message) + session;
  EXPECT_EQ(signer("/?gh_expires=1800000060&gh_signature=" + base64url_encode(forged)), "nobody");
}

TEST_F(signed_url, what_could_be_read_in_two_ways_is_not_signed) {
  for (const char* target : {"",
                             "report",
                             "//evil.example/x",
                             "/a//b",
                             "/a/../b",
                             "/./a",
                             "/a/..",
                             "/a/..;v=1/b",
                             "/a%2fb",
                             "/a%2Fb",
                             "/%2e%2e/b",
                             "/a%5cb",
                             "/a%3bb",
                             "/a%25b",
                             "/a%00",
                             "/a%7f",
                             "/a%",
                             "/a%zz",
                             "/a b",
                             "/a\tb",
                             "/a\\b",
                             "/a#b",
                             "/ü",
                             "/a?x=\"",
                             "/a?gh_expires=1",
                             "/a?x=1&gh_signature=y"}) {
    EXPECT_NE(fault_of_target(target), nullptr) << target;
  }
  EXPECT_NE(fault_of_target("/" + std::string(4096, 'a')), nullptr);
  EXPECT_EQ(fault_of_target("/" + std::string(4095, 'a')), nullptr);
}

}  // namespace
}  // namespace gatehouse::gate
