#include <gtest/gtest.h>

#include <string>

#include "token/access_token.h"
#include "token/refresh_token.h"
#include "token_keys.h"

namespace gatehouse::token {
namespace {

using namespace test;
using nlohmann::json;

constexpr unix_seconds now = 1'700'000'000;
const std::string issuer = "https://a", audience = "app";

const key_set& keys() {
  static const key_set set = make_set(set_text(hs256_access));
  return set;
}

std::string mint(json extra = nullptr, const key_set& by = keys()) {
  return mint_access(by, issuer, audience, "user", "session", 7, now, now + 900, std::move(extra));
}

verified<access_claims> read_access(std::string_view text, const key_set& by = keys()) {
  return verify_access(by, access_token(text), issuer, audience, now);
}

verified<refresh_claims> read_refresh(std::string_view text, const key_set& by = keys()) {
  return verify_refresh(by, refresh_token(text), issuer, audience, now);
}

refresh_claims generation(std::int64_t number = 3) {
  refresh_claims claims;
  claims.subject = "user";
  claims.session_id = "session";
  claims.generation = number;
  claims.issued_at = now;
  claims.expires_at = now + 1000;
  claims.key_id = "r1";
  return claims;
}

std::string mint_generation(const refresh_claims& claims, const key_set& by = keys()) {
  return mint_refresh(by, claims, issuer, audience);
}

const std::string access_header = R"({"alg":"HS256","kid":"a1","typ":"at+jwt"})";
const std::string refresh_header = R"({"alg":"HS256","kid":"r1","typ":"rt+jwt"})";

// Well signed payloads with one member set; a null removes it.
json access_payload() {
  return {{"iss", issuer}, {"aud", audience}, {"sub", "user"},    {"sid", "session"},
          {"av", 7},       {"iat", now},      {"exp", now + 900}, {"name", "Ann"}};
}
json refresh_payload() {
  return {{"iss", issuer}, {"aud", audience}, {"sub", "user"},    {"sid", "session"},
          {"gen", 3},      {"iat", now},      {"exp", now + 900}, {"type", "refresh"}};
}
json with(json payload, const char* name, const json& value) {
  payload[name] = value;
  if (value.is_null()) payload.erase(name);
  return payload;
}

TEST(access_token, comes_back_as_minted) {
  const auto read = read_access(mint({{"name", "Ann"}, {"roles", {"admin"}}}));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject(), "user");
  EXPECT_EQ(read->session_id(), "session");
  EXPECT_EQ(read->auth_version, 7);
  EXPECT_EQ(read->issued_at, now);
  EXPECT_EQ(read->expires_at, now + 900);
  EXPECT_EQ(read->all.text("name"), "Ann");
  EXPECT_EQ(read->all.json_of("roles"), R"(["admin"])");
  EXPECT_EQ(read->all.text("iss"), issuer);
  EXPECT_EQ(read->all.text("aud"), audience);
}

TEST(access_token, extra_claims_do_not_override_ours) {
  const json evil = {{"iss", "evil"}, {"aud", "evil"},       {"sub", "root"},     {"sid", "evil"}, {"av", 99},
                     {"iat", 1},      {"exp", now + 999999}, {"nbf", now + 5000}, {"jti", "kept"}};
  const auto read = read_access(mint(evil));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject(), "user");
  EXPECT_EQ(read->session_id(), "session");
  EXPECT_EQ(read->auth_version, 7);
  EXPECT_EQ(read->expires_at, now + 900);
  EXPECT_FALSE(read->all.contains("nbf"));
  EXPECT_EQ(read->all.text("jti"), "kept");
}

TEST(access_token, one_that_could_never_be_presented_is_not_minted) {
  EXPECT_NO_THROW(mint({{"metadata", std::string(5000, 'x')}}));
  EXPECT_THROW(mint({{"metadata", std::string(7000, 'x')}}), std::runtime_error);
  EXPECT_THROW(mint({{"name", "\xff"}}), std::exception);
}

TEST(access_token, sub_sid_and_av_are_mandatory) {
  ASSERT_TRUE(read_access(forge(access_header, access_payload().dump())));
  for (const char* name : {"sub", "sid", "av"}) {
    for (const json& value : std::initializer_list<json>{nullptr, "", true, -1, 1.5, json::array(), json::object()}) {
      const auto read = read_access(forge(access_header, with(access_payload(), name, value).dump()));
      ASSERT_FALSE(read) << name << value;
      EXPECT_EQ(read.why(), refusal::missing_claim);
    }
  }
  EXPECT_FALSE(read_access(forge(access_header, with(access_payload(), "sub", 1).dump())));
  EXPECT_FALSE(read_access(forge(access_header, with(access_payload(), "sid", 1).dump())));
  EXPECT_FALSE(read_access(forge(access_header, with(access_payload(), "av", "7").dump())));
  EXPECT_FALSE(read_access(forge(access_header, with(access_payload(), "av", 9223372036854775808u).dump())));
  EXPECT_TRUE(read_access(forge(access_header, with(access_payload(), "av", 0).dump())));
  EXPECT_TRUE(read_access(forge(access_header, with(access_payload(), "av", 9223372036854775807).dump())));
}

TEST(access_token, control_characters_in_any_string_claim_refuse_it) {
  for (const char* control : {"a\nb", "\r", "\x1b[0m", "\x7f", "\xc2\x85", "\x01"}) {
    for (const json& payload :
         {with(access_payload(), "sub", control), with(access_payload(), "sid", control),
          with(access_payload(), "name", control), with(access_payload(), "roles", json::array({"x", control})),
          with(access_payload(), control, 1),
          with(access_payload(), "metadata", json::object({{"deep", json::array({json::object({{control, 1}})})}}))}) {
      EXPECT_FALSE(read_access(forge(access_header, payload.dump()))) << payload;
    }
  }
  EXPECT_TRUE(read_access(forge(access_header, with(access_payload(), "name", "Zoë O'Néill 😀").dump())));
}

TEST(access_token, every_reason_is_told) {
  const auto why = [](const std::string& text, unix_seconds at, std::string_view iss, std::string_view aud) {
    const auto read = verify_access(keys(), access_token(text), iss, aud, at);
    return read ? std::string("ok") : std::string(to_text(read.why()));
  };
  EXPECT_EQ(why(mint(), now, issuer, audience), "ok");
  EXPECT_EQ(why(mint(), now + 899, issuer, audience), "ok");
  EXPECT_EQ(why(mint(), now + 900, issuer, audience), "expired");
  EXPECT_EQ(why(mint(), now - 61, issuer, audience), "not yet valid");
  EXPECT_EQ(why(mint(), now, "https://b", audience), "wrong issuer");
  EXPECT_EQ(why(mint(), now, issuer, "other"), "wrong audience");
  EXPECT_EQ(why("x", now, issuer, audience), "malformed");
  EXPECT_EQ(why(forge(access_header, "{}", refresh_bytes), now, issuer, audience), "bad signature");
}

TEST(access_token, leeway_lengthens_its_life) {
  EXPECT_TRUE(verify_access(keys(), access_token(mint()), issuer, audience, now + 910, 30));
  EXPECT_FALSE(verify_access(keys(), access_token(mint()), issuer, audience, now + 930, 30));
}

TEST(access_token, a_rotated_key_still_verifies_and_a_removed_one_does_not) {
  const std::string old_token = mint();
  const std::string next = oct("a2", std::string(32, 'n'));
  EXPECT_TRUE(read_access(old_token, make_set(set_text(next + "," + hs256_access))));
  const auto read = read_access(old_token, make_set(set_text(next)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.why(), refusal::unknown_key);
}

TEST(refresh_token, comes_back_as_minted) {
  const auto read = read_refresh(mint_generation(generation()));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->subject, "user");
  EXPECT_EQ(read->session_id, "session");
  EXPECT_EQ(read->generation, 3);
  EXPECT_EQ(read->issued_at, now);
  EXPECT_EQ(read->expires_at, now + 1000);
  EXPECT_EQ(read->key_id, "r1");
}

TEST(refresh_token, is_made_again_byte_for_byte) {
  const std::string first = mint_generation(generation());
  // On another node, where another key is the first by now.
  const key_set rotated = make_set(R"({"keys":[)" + oct("r2", std::string(32, 'n'), R"(,"use":"gatehouse-refresh")") +
                                   "," + hs256_refresh + "," + hs256_access + "]}");
  EXPECT_EQ(mint_generation(generation(), rotated), first);
  EXPECT_EQ(rotated.refresh_signing_key().id(), "r2");
  EXPECT_NE(mint_generation(generation(4)), first);
  EXPECT_EQ(
      first,
      forge(
          refresh_header,
          R"({"aud":"app","exp":1700001000,"gen":3,"iat":1700000000,"iss":"https://a","sid":"session","sub":"user","type":"refresh"})",
          refresh_bytes));
}

TEST(refresh_token, a_key_that_is_gone_is_told) {
  refresh_claims claims = generation();
  claims.key_id = "r0";
  EXPECT_THROW(mint_generation(claims), std::runtime_error);
  claims.key_id = "a1";  // there, but for access tokens
  EXPECT_THROW(mint_generation(claims), std::runtime_error);
}

TEST(refresh_token, its_claims_are_mandatory) {
  ASSERT_TRUE(read_refresh(forge(refresh_header, refresh_payload().dump(), refresh_bytes)));
  for (const char* name : {"sub", "sid", "gen"}) {
    for (const json& value : std::initializer_list<json>{nullptr, "", "a\n", true, -1, 1.5, json::array()}) {
      const auto read = read_refresh(forge(refresh_header, with(refresh_payload(), name, value).dump(), refresh_bytes));
      ASSERT_FALSE(read) << name << value;
      EXPECT_EQ(read.why(), refusal::missing_claim);
    }
  }
}

TEST(refresh_token, requirement_15_its_type_claim_is_refresh) {
  for (const json& type :
       std::initializer_list<json>{nullptr, "", "access", "Refresh", "refresh ", 1, json::array({"refresh"})}) {
    const auto read = read_refresh(forge(refresh_header, with(refresh_payload(), "type", type).dump(), refresh_bytes));
    ASSERT_FALSE(read) << type;
    EXPECT_EQ(read.why(), refusal::wrong_type);
  }
}

TEST(refresh_token, requirement_14_and_32_it_expires) {
  const std::string text = mint_generation(generation());
  EXPECT_TRUE(verify_refresh(keys(), refresh_token(text), issuer, audience, now + 999));
  const auto read = verify_refresh(keys(), refresh_token(text), issuer, audience, now + 1000);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.why(), refusal::expired);
}

TEST(tokens, requirement_15_one_is_not_taken_for_the_other) {
  const auto as_refresh = read_refresh(mint());
  ASSERT_FALSE(as_refresh);
  EXPECT_EQ(as_refresh.why(), refusal::wrong_type);
  const auto as_access = read_access(mint_generation(generation()));
  ASSERT_FALSE(as_access);
  EXPECT_EQ(as_access.why(), refusal::wrong_type);
}

TEST(tokens, requirement_15_nor_when_the_keys_are_mixed_up) {
  // One secret for both uses, and every claim that either wants.
  const key_set mixed = make_set(R"({"keys":[)" + oct("a1", access_bytes) + "," +
                                 oct("r1", access_bytes, R"(,"use":"gatehouse-refresh")") + "]}");
  EXPECT_FALSE(read_access(mint_generation(generation(), mixed), mixed));
  EXPECT_FALSE(read_refresh(mint({{"gen", 3}, {"type", "refresh"}}, mixed), mixed));

  json both = access_payload();
  both.update(refresh_payload());
  for (const char* kid : {"a1", "r1"}) {
    for (const char* typ : {"at+jwt", "rt+jwt", "JWT"}) {
      const std::string header = R"({"alg":"HS256","kid":")" + std::string(kid) + R"(","typ":")" + typ + "\"}";
      const std::string text = forge(header, both.dump());
      EXPECT_EQ(static_cast<bool>(read_access(text, mixed)), kid == std::string("a1") && typ == std::string("at+jwt"));
      EXPECT_EQ(static_cast<bool>(read_refresh(text, mixed)), kid == std::string("r1") && typ == std::string("rt+jwt"));
    }
  }
}

TEST(tokens, a_token_of_another_realm_is_worth_nothing) {
  const key_set other = make_set(R"({"keys":[)" + oct("a1", std::string(32, 'o')) + "," +
                                 oct("r1", std::string(32, 'p'), R"(,"use":"gatehouse-refresh")") + "]}");
  EXPECT_FALSE(read_access(mint(), other));
  EXPECT_FALSE(read_refresh(mint_generation(generation()), other));
}

}  // namespace
}  // namespace gatehouse::token
