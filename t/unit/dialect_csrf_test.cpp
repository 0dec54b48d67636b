#include <gtest/gtest.h>

#include "base/hex.h"
#include "csrf/csrf.h"
#include "csrf/csrf_cookie.h"
#include "endpoint/router.h"
#include "token_keys.h"

namespace gatehouse {
namespace {

using dialect::find_csrf_cookie;

// `refresh`: further refresh keys before the usual one, each with its comma.
realm::settings realm_of(std::string name, const std::string& refresh = "") {
  realm::settings made;
  made.name = std::move(name);
  made.cookie_secure = false;
  made.keys = token::test::make_set(token::test::set_text(refresh + token::test::hs256_access));
  return made;
}

std::string other_key() {
  return token::test::oct("r2", "another key of thirty-two bytes.", R"(,"use":"gatehouse-refresh")");
}

dialect::request with_cookie(std::string cookie) {
  dialect::request asked;
  if (!cookie.empty()) asked.headers.emplace_back("Cookie", std::move(cookie));
  return asked;
}

// What a browser sends back.
std::string pair_of(const std::string& set_cookie) { return set_cookie.substr(0, set_cookie.find(';')); }

bool is_forged(const dialect::found_csrf_cookie& found) {
  return std::holds_alternative<dialect::forged_csrf_cookie>(found);
}

TEST(csrf_cookie, a_token_is_128_hexadecimal_digits_and_never_the_same) {
  const std::string token = dialect::new_csrf_token();
  EXPECT_EQ(token.size(), 128U);
  EXPECT_TRUE(hex_decode(token));
  EXPECT_NE(token, dialect::new_csrf_token());
}

TEST(csrf_cookie, what_we_have_signed_comes_back) {
  const realm::settings realm = realm_of("main");
  const std::string token = dialect::new_csrf_token();
  const std::string cookie = dialect::set_csrf_cookie(realm, token);
  EXPECT_TRUE(cookie.starts_with("double-csrf-secret=" + token + "%7C")) << cookie;
  EXPECT_TRUE(cookie.ends_with("; Path=/; HttpOnly; SameSite=Strict")) << cookie;
  const auto found = find_csrf_cookie(with_cookie("x=y; " + pair_of(cookie)), realm);
  EXPECT_EQ(std::get<std::string>(found), token);
  EXPECT_TRUE(std::holds_alternative<dialect::no_csrf_cookie>(find_csrf_cookie(with_cookie(""), realm)));
}

TEST(csrf_cookie, over_https_it_is_secure) {
  realm::settings realm = realm_of("main");
  realm.cookie_secure = true;
  EXPECT_TRUE(dialect::set_csrf_cookie(realm, "t").ends_with("; Path=/; HttpOnly; Secure; SameSite=Strict"));
}

TEST(csrf_cookie, whatever_was_touched_is_forged) {
  const realm::settings realm = realm_of("main");
  const std::string good = pair_of(dialect::set_csrf_cookie(realm, dialect::new_csrf_token()));
  const std::size_t start = good.find('=') + 1;
  for (std::size_t i = start; i < good.size(); ++i) {
    std::string touched = good;
    touched[i] = touched[i] == '0' ? '1' : '0';
    EXPECT_TRUE(is_forged(find_csrf_cookie(with_cookie(touched), realm))) << i;
  }
  for (std::size_t length = start; length < good.size(); ++length) {
    EXPECT_TRUE(is_forged(find_csrf_cookie(with_cookie(good.substr(0, length)), realm))) << length;
  }
  EXPECT_TRUE(is_forged(find_csrf_cookie(with_cookie(good + "00"), realm)));
  EXPECT_TRUE(is_forged(find_csrf_cookie(with_cookie(good + "; " + good), realm)));
}

TEST(csrf_cookie, it_is_worth_nothing_in_another_realm_or_under_other_keys) {
  const realm::settings realm = realm_of("main");
  const dialect::request asked = with_cookie(pair_of(dialect::set_csrf_cookie(realm, dialect::new_csrf_token())));
  EXPECT_FALSE(is_forged(find_csrf_cookie(asked, realm)));
  EXPECT_TRUE(is_forged(find_csrf_cookie(asked, realm_of("other"))));
  realm::settings rekeyed = realm_of("main");
  rekeyed.keys = token::test::make_set(R"({"keys":[)" + token::test::hs256_access + "," + other_key() + "]}");
  EXPECT_TRUE(is_forged(find_csrf_cookie(asked, rekeyed)));
}

TEST(csrf_cookie, a_new_key_before_the_old_one_forgets_no_cookie) {
  const realm::settings before = realm_of("main");
  const realm::settings after = realm_of("main", other_key() + ",");
  const dialect::request asked = with_cookie(pair_of(dialect::set_csrf_cookie(before, dialect::new_csrf_token())));
  EXPECT_FALSE(is_forged(find_csrf_cookie(asked, after)));
}

dialect::decoded read(std::string_view path, std::string_view type, std::string_view body) {
  return dialect::csrf.decode(*endpoint::find_route(dialect::csrf, "POST", path).route, type, body);
}

TEST(csrf_body, json_and_forms_are_read_alike) {
  for (const auto& [type, body] :
       {std::pair("application/json", R"({"email":"a@b.c","username":"u","password":"p w",)"
                                      R"("x-csrf-token":"t"})"),
        std::pair("application/x-www-form-urlencoded", "email=a%40b.c&username=u&password=p+w&x-csrf-token=t")}) {
    const dialect::decoded made = read("auth/register", type, body);
    ASSERT_FALSE(made.why) << type;
    EXPECT_EQ(made.in.email, "a@b.c");
    EXPECT_EQ(made.in.username, "u");
    EXPECT_EQ(made.in.password->reveal(), "p w");
    EXPECT_EQ(made.in.csrf_token, "t");
  }
}

TEST(csrf_body, nothing_else_is_read) {
  for (const char* type : {"text/plain", "multipart/form-data; boundary=x", ""}) {
    EXPECT_EQ(read("auth/login", type, "{}").why->why, operation::refusal::unsupported_media_type) << type;
  }
}

TEST(csrf_body, the_token_is_read_from_a_body_that_is_otherwise_wrong) {
  const dialect::decoded made = read("auth/login", "application/json", R"({"x-csrf-token":"t","email":1})");
  EXPECT_TRUE(made.why);
  EXPECT_EQ(made.in.csrf_token, "t");
}

TEST(csrf_body, the_one_get_has_a_body) {
  EXPECT_TRUE(endpoint::reads_body(dialect::csrf, "GET", "csrf-token"));
  EXPECT_FALSE(endpoint::reads_body(dialect::csrf, "GET", "auth/login"));
}

}  // namespace
}  // namespace gatehouse
