#include <gtest/gtest.h>

#include <string>

#include "token/jwt.h"
#include "token_keys.h"

namespace gatehouse::token {
namespace {

using namespace test;
using nlohmann::json;

constexpr unix_seconds moment = 1'700'000'000;
const std::string good_header = R"({"alg":"HS256","kid":"a1","typ":"at+jwt"})";
const std::string good_payload = R"({"iss":"https://a","aud":"app","iat":1699999990,"exp":1700000100})";

const key_set& jwt_keys() {
  static const key_set set = make_set(set_text(hs256_access));
  return set;
}

std::string judge(std::string_view token, const key_set& by = jwt_keys(), unix_seconds at = moment,
                  unix_seconds leeway = 0) {
  const expectation expected{.type = "at+jwt", .issuer = "https://a", .audience = "app", .now = at, .leeway = leeway};
  const auto read = verify(by, key_use::access, token, expected);
  return read ? "ok" : std::string(to_text(read.why()));
}

std::string judge_header(const std::string& header) { return judge(forge(header, good_payload)); }
std::string judge_payload(const std::string& payload) { return judge(forge(good_header, payload)); }

// The good payload with one member set; a null removes it.
std::string payload_with(const char* name, const json& value) {
  json payload = json::parse(good_payload);
  payload[name] = value;
  if (value.is_null()) payload.erase(name);
  return payload.dump();
}

const std::string malformed = "malformed", unsupported = "unsupported algorithm or header", unknown_key = "unknown key",
                  bad_signature = "bad signature", wrong_type = "wrong type of token", expired = "expired",
                  not_yet_valid = "not yet valid", wrong_issuer = "wrong issuer", wrong_audience = "wrong audience",
                  missing_claim = "missing or unusable claim";

TEST(jwt, a_good_token_holds) {
  const std::string token = forge(good_header, good_payload);
  EXPECT_EQ(judge(token), "ok");
  const expectation expected{.type = "at+jwt", .issuer = "https://a", .audience = "app", .now = moment};
  const auto read = verify(jwt_keys(), key_use::access, token, expected);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->key_id, "a1");
  EXPECT_EQ(json::parse(read->claims.json()), json::parse(good_payload));
}

TEST(jwt, signed_by_every_algorithm_and_verified) {
  for (const std::string& jwk : {hs256_access, named("a1", ed25519_private), named("a1", p256_private),
                                 named("a1", rsa_private), named("a1", ed25519_private, R"(,"alg":"Ed25519")")}) {
    const key_set set = make_set(set_text(jwk));
    EXPECT_EQ(judge(sign(set.access_signing_key(), "at+jwt", json::parse(good_payload)), set), "ok");
  }
}

TEST(jwt, the_same_input_gives_the_same_bytes) {
  const json claims = json::parse(good_payload);
  const std::string token = sign(jwt_keys().access_signing_key(), "at+jwt", claims);
  const json other_order = json::parse(R"({"exp":1700000100,"iat":1699999990,"aud":"app","iss":"https://a"})");
  EXPECT_EQ(sign(jwt_keys().access_signing_key(), "at+jwt", other_order), token);
  EXPECT_EQ(token, forge(good_header, claims.dump()));
  for (int i = 0; i < 50; ++i) ASSERT_EQ(sign(jwt_keys().access_signing_key(), "at+jwt", claims), token);
}

TEST(jwt, requirement_1_the_header_does_not_choose_the_algorithm) {
  for (const char* alg : {"RS256", "ES256", "EdDSA", "Ed25519"}) {
    EXPECT_EQ(judge_header(R"({"alg":")" + std::string(alg) + R"(","kid":"a1","typ":"at+jwt"})"), unsupported) << alg;
  }
  const key_set asymmetric = make_set(set_text(named("a1", ed25519_private)));
  EXPECT_EQ(judge(forge(good_header, good_payload), asymmetric), unsupported);
}

TEST(jwt, requirement_2_alg_none_is_refused) {
  for (const char* alg : {R"("alg":"none",)", R"("alg":"None",)", R"("alg":"nOnE",)", R"("alg":"NONE",)",
                          R"("alg":"none ",)", R"("alg":"",)", R"("alg":null,)", R"("alg":["HS256"],)", R"("alg":{},)",
                          R"("alg":0,)", R"("Alg":"HS256",)", R"("alg":"hs256",)", R"("alg":"HS512",)", ""}) {
    const std::string header = "{" + std::string(alg) + R"("kid":"a1","typ":"at+jwt"})";
    EXPECT_EQ(judge_header(header), unsupported) << alg;
    const std::string unsigned_token = base64url_encode(header) + "." + base64url_encode(good_payload) + ".";
    EXPECT_EQ(judge(unsigned_token), unsupported) << alg;
  }
  const std::string good = forge(good_header, good_payload);
  EXPECT_EQ(judge(good.substr(0, good.rfind('.') + 1)), bad_signature);
}

TEST(jwt, requirement_3_a_public_key_is_no_hmac_secret) {
  const key_set set = make_set(set_text(named("a1", p256_private)));
  const std::string x = base64url_decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU").value();
  const std::string y = base64url_decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0").value();
  for (const std::string& secret : {x, x + y, "\x04" + x + y, set.public_jwks(), "{" + p256_public + "}"}) {
    EXPECT_EQ(judge(forge(good_header, good_payload, secret), set), unsupported);
    EXPECT_EQ(judge(forge(R"({"alg":"ES256","kid":"a1","typ":"at+jwt"})", good_payload, secret), set), bad_signature);
  }
}

TEST(jwt, requirement_7_both_names_of_ed25519) {
  const key_set set = make_set(set_text(named("a1", ed25519_private)));
  const key& by = set.access_signing_key();
  for (const char* alg : {"EdDSA", "Ed25519"}) {
    const std::string input = base64url_encode(R"({"alg":")" + std::string(alg) + R"(","kid":"a1","typ":"at+jwt"})") +
                              "." + base64url_encode(good_payload);
    EXPECT_EQ(judge(input + "." + base64url_encode(by.sign(input)), set), "ok") << alg;
  }
}

TEST(jwt, requirement_8_base64url_is_strict_in_every_part) {
  const std::string good = forge(good_header, good_payload);
  const std::size_t first = good.find('.'), second = good.rfind('.');
  for (const char* junk : {"=", "==", " ", "\n", "\r\n", "+", "/", "%", "\xc3\xa4"}) {
    for (const std::size_t at : {std::size_t{0}, first, first + 1, second, second + 1, good.size()}) {
      std::string token = good;
      token.insert(at, junk);
      EXPECT_NE(judge(token), "ok") << junk << at;
    }
  }
  // The last character of 32 bytes has two bits to spare: four spellings, if they are not looked at.
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int held = 0;
  for (const char c : alphabet) {
    std::string token = good;
    token.back() = c;
    held += judge(token) == "ok";
  }
  EXPECT_EQ(held, 1);
}

TEST(jwt, requirement_9_exactly_two_dots) {
  const std::string good = forge(good_header, good_payload);
  const std::string jwe =
      "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZ.48V1_ALb6US04U3b."
      "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6ji.XFBoMYUZodetZdvTiFvSkQ";
  const std::string flattened = R"({"payload":")" + base64url_encode(good_payload) + R"(","protected":")" +
                                base64url_encode(good_header) + R"(","signature":"AAAA"})";
  for (const std::string& token :
       {std::string(), std::string("."), std::string(".."), std::string("..."), std::string("a"), good + ".",
        "." + good, good + ".AAAA", good.substr(0, good.rfind('.')), jwe, flattened,
        R"({"payload":"AAAA","signatures":[]})" + std::string()}) {
    EXPECT_EQ(judge(token), malformed) << token;
  }
}

TEST(jwt, requirement_10_duplicate_members_and_invalid_utf8) {
  for (const char* header : {R"({"alg":"HS256","alg":"none","kid":"a1","typ":"at+jwt"})",
                             R"({"alg":"none","alg":"HS256","kid":"a1","typ":"at+jwt"})",
                             R"({"alg":"HS256","\u0061lg":"HS256","kid":"a1","typ":"at+jwt"})",
                             "{\"alg\":\"HS256\",\"kid\":\"a1\",\"typ\":\"at+jwt\",\"x\":\"\xff\"}",
                             "{\"alg\":\"HS256\",\"kid\":\"a1\",\"typ\":\"at+jwt\",\"x\":\"\xc0\x80\"}"}) {
    EXPECT_EQ(judge_header(header), malformed) << header;
  }
  for (const std::string& more : {std::string(R"(,"iss":"https://a")"), std::string(R"(,"x":{"y":1,"y":1})"),
                                  std::string(",\"x\":\"\xed\xa0\x80\""), std::string(R"(,"x":"\ud800")"),
                                  std::string(",\"x\":\"a\0b\"", 11), std::string(R"(,"x":"\u0000")")}) {
    std::string payload = good_payload;
    payload.insert(payload.size() - 1, more);
    EXPECT_EQ(judge_payload(payload), malformed) << more;
  }
  EXPECT_EQ(judge_payload(good_payload + std::string("\0junk", 5)), malformed);
  EXPECT_EQ(judge_payload("\xef\xbb\xbf" + good_payload), malformed);
}

TEST(jwt, parts_are_objects) {
  for (const char* text : {"", "[]", "null", "1", "\"x\"", "{", "{}{}", "{} x"}) {
    EXPECT_EQ(judge_header(text), malformed) << text;
    EXPECT_EQ(judge_payload(text), malformed) << text;
  }
  EXPECT_EQ(judge_payload("{}"), wrong_issuer);
  EXPECT_EQ(judge_header("{}"), wrong_type);
}

TEST(jwt, requirement_11_and_12_headers_that_change_the_rules_are_refused) {
  for (const char* more : {R"("crit":["exp"])", R"("crit":[])", R"("crit":null)", R"("zip":"DEF")", R"("b64":false)",
                           R"("b64":true)", R"("crit":["b64"],"b64":false)", R"("jku":"https://evil/")",
                           R"("x5u":"https://evil/")", R"("x5c":["MII"])", R"("jwk":{"kty":"oct","k":"AAAA"})"}) {
    EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1","typ":"at+jwt",)" + std::string(more) + "}"), unsupported)
        << more;
  }
  EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1","typ":"at+jwt","x":1,"cty":"y"})"),
            "ok");  // not understood, ignored
}

TEST(jwt, requirement_12_kid_is_opaque_and_bounded) {
  for (const std::string& kid :
       {std::string(R"("kid":"")"), std::string(R"("kid":"A1")"), std::string(R"("kid":"a1 ")"),
        std::string(R"("kid":"r1")"), std::string(R"("kid":"../a1")"), std::string(R"("kid":"a1' OR '1'='1")"),
        std::string(R"("kid":1)"), std::string(R"("kid":null)"), std::string(R"("kid":["a1"])"),
        "\"kid\":\"" + std::string(129, 'a') + "\"", std::string(R"("x":1)")}) {
    EXPECT_EQ(judge_header(R"({"alg":"HS256",)" + kid + R"(,"typ":"at+jwt"})"), unknown_key) << kid;
  }
}

TEST(jwt, requirement_13_issuer_is_exact) {
  for (const json& issuer :
       std::initializer_list<json>{nullptr, "", "https://a/", "https://A", "http://a", "https://a ", "https://b", 1,
                                   json::array({"https://a"}), json::object()}) {
    EXPECT_EQ(judge_payload(payload_with("iss", issuer)), wrong_issuer) << issuer;
  }
}

TEST(jwt, requirement_13_audience_contains_us) {
  for (const json& audience :
       {json("app"), json::array({"app"}), json::array({"other", "app"}), json::array({"app", "other"})}) {
    EXPECT_EQ(judge_payload(payload_with("aud", audience)), "ok") << audience;
  }
  for (const json& audience :
       std::initializer_list<json>{nullptr, "", "App", "app ", "other", 1, true, json::object(), json::array(),
                                   json::array({"other"}), json::array({"app", 1}), json::array({nullptr, "app"}),
                                   json::array({json::array({"app"})}), json::object({{"app", "app"}})}) {
    EXPECT_EQ(judge_payload(payload_with("aud", audience)), wrong_audience) << audience;
  }
}

TEST(jwt, requirement_14_exp_is_mandatory_and_a_whole_number) {
  for (const char* exp : {"null", "\"1700000100\"", "1700000100.5", "1700000100.0", "1.7e9", "17000001e2", "-1", "-0",
                          "-1700000100", "true", "[]", "{}", "253402300800", "9223372036854775807",
                          "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e300"}) {
    std::string payload = good_payload;
    payload.replace(payload.find("1700000100"), 10, exp);
    EXPECT_EQ(judge_payload(payload), missing_claim) << exp;
  }
  std::string infinite = good_payload;
  infinite.replace(infinite.find("1700000100"), 10, "1e400");
  EXPECT_EQ(judge_payload(infinite), malformed);
  EXPECT_EQ(judge_payload(payload_with("exp", nullptr)), missing_claim);
  EXPECT_EQ(judge_payload(payload_with("exp", 253402300799)), "ok");
}

TEST(jwt, requirement_14_expiry_to_the_second) {
  const std::string token = forge(good_header, good_payload);  // exp: moment + 100
  EXPECT_EQ(judge(token, jwt_keys(), moment + 99), "ok");
  EXPECT_EQ(judge(token, jwt_keys(), moment + 100), expired);
  EXPECT_EQ(judge(token, jwt_keys(), moment + 101), expired);
}

TEST(jwt, requirement_14_leeway_is_60_seconds_at_most) {
  const std::string token = forge(good_header, good_payload);
  EXPECT_EQ(judge(token, jwt_keys(), moment + 129, 30), "ok");
  EXPECT_EQ(judge(token, jwt_keys(), moment + 130, 30), expired);
  EXPECT_EQ(judge(token, jwt_keys(), moment + 159, 60), "ok");
  EXPECT_EQ(judge(token, jwt_keys(), moment + 160, 60), expired);
  EXPECT_EQ(judge(token, jwt_keys(), moment + 160, 3600), expired);
  EXPECT_EQ(judge(token, jwt_keys(), moment + 99, -50), "ok");
  EXPECT_EQ(judge(token, jwt_keys(), moment + 100, -50), expired);
}

TEST(jwt, requirement_14_nbf_and_iat_in_the_future) {
  EXPECT_EQ(judge_payload(payload_with("nbf", moment + 60)), "ok");
  EXPECT_EQ(judge_payload(payload_with("nbf", moment + 61)), not_yet_valid);
  EXPECT_EQ(judge_payload(payload_with("nbf", 0)), "ok");
  EXPECT_EQ(judge_payload(payload_with("iat", moment + 60)), "ok");
  EXPECT_EQ(judge_payload(payload_with("iat", moment + 61)), not_yet_valid);
  for (const char* name : {"nbf", "iat"}) {
    for (const json& value : std::initializer_list<json>{-1, 1.5, "0", true, json::array(), 253402300800, 1e300}) {
      EXPECT_EQ(judge_payload(payload_with(name, value)), missing_claim) << name << value;
    }
  }
  EXPECT_EQ(judge_payload(payload_with("iat", nullptr)), missing_claim);
  EXPECT_EQ(judge_payload(payload_with("iat", moment + 59)), "ok");
  json reversed = json::parse(good_payload);
  reversed["iat"] = moment - 10;
  reversed["exp"] = moment - 10;
  EXPECT_EQ(judge_payload(reversed.dump()), missing_claim);
}

TEST(jwt, requirement_15_type_is_ours) {
  for (const char* typ : {"at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt", "Application/AT+jwt"}) {
    EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1","typ":")" + std::string(typ) + "\"}"), "ok") << typ;
  }
  for (const char* typ :
       {R"("JWT")", R"("rt+jwt")", R"("application/rt+jwt")", R"("at+jwt ")", R"("text/at+jwt")", R"("application/")",
        R"("application/application/at+jwt")", R"("")", "null", "1", R"(["at+jwt"])", R"("xat+jwt")", R"("at+jw")"}) {
    EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1","typ":)" + std::string(typ) + "}"), wrong_type) << typ;
  }
  EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1"})"), wrong_type);
}

TEST(jwt, requirement_16_no_claim_is_read_before_the_signature_holds) {
  // Each of these payloads would be refused for a reason of its own, if anybody looked.
  for (const std::string& payload : {payload_with("exp", 1), payload_with("iss", "other"), payload_with("aud", "other"),
                                     payload_with("nbf", moment + 1000), std::string("not json"),
                                     std::string("{\"a\":1,\"a\":1}"), std::string(3000, '['), std::string("\xff")}) {
    EXPECT_EQ(judge(forge(good_header, payload, "wrong key wrong key wrong key !!")), bad_signature);
  }
  EXPECT_EQ(judge(base64url_encode(good_header) + ".!!!." + std::string(43, 'A')), bad_signature);
}

TEST(jwt, requirement_17_caps) {
  const auto padded = [](std::size_t size) {
    return forge(good_header, payload_with("x", json::array({std::string(size, 'x')})));
  };
  std::size_t size = 1;
  while (padded(size + 1).size() <= most_token_bytes) ++size;
  EXPECT_EQ(judge(padded(size)), "ok");
  EXPECT_EQ(judge(padded(size + 1)), malformed);
  EXPECT_EQ(judge(std::string(1 << 20, 'A')), malformed);
  EXPECT_EQ(judge(std::string(1 << 20, '.')), malformed);

  std::string deep = good_payload;
  deep.insert(deep.size() - 1, ",\"x\":" + std::string(15, '[') + std::string(15, ']'));
  EXPECT_EQ(judge_payload(deep), "ok");
  std::string deeper = good_payload;
  deeper.insert(deeper.size() - 1, ",\"x\":" + std::string(16, '[') + std::string(16, ']'));
  EXPECT_EQ(judge_payload(deeper), malformed);
  EXPECT_EQ(judge_payload(std::string(5000, '[')), malformed);

  EXPECT_EQ(judge_payload(payload_with("x", json(std::vector<int>(2044)))), malformed);
  EXPECT_EQ(judge_payload(payload_with("x", json(std::vector<int>(2043)))), "ok");
  EXPECT_EQ(judge_header(R"({"alg":"HS256","kid":"a1","typ":"at+jwt","x":")" + std::string(1000, 'x') + "\"}"),
            malformed);
}

TEST(jwt, requirement_18_another_key_and_a_near_miss) {
  EXPECT_EQ(judge(forge(good_header, good_payload, refresh_bytes)), bad_signature);
  std::string near = access_bytes;
  near.back() = static_cast<char>(near.back() ^ 1);
  EXPECT_EQ(judge(forge(good_header, good_payload, near)), bad_signature);
}

TEST(jwt, a_token_cut_anywhere_is_refused) {
  for (const std::string& jwk : {hs256_access, named("a1", ed25519_private), named("a1", p256_private)}) {
    const key_set set = make_set(set_text(jwk));
    const std::string good = sign(set.access_signing_key(), "at+jwt", json::parse(good_payload));
    ASSERT_EQ(judge(good, set), "ok");
    for (std::size_t length = 0; length < good.size(); ++length) {
      EXPECT_NE(judge(good.substr(0, length), set), "ok") << length;
      EXPECT_NE(judge(good.substr(length + 1), set), "ok") << length;
      EXPECT_NE(judge(good.substr(0, length) + good.substr(length + 1), set), "ok") << length;
    }
  }
}

TEST(jwt, every_flipped_bit_is_refused) {
  for (const std::string& jwk : {hs256_access, named("a1", ed25519_private), named("a1", p256_private)}) {
    const key_set set = make_set(set_text(jwk));
    const std::string good = sign(set.access_signing_key(), "at+jwt", json::parse(good_payload));
    for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
      std::string token = good;
      token[bit / 8] = static_cast<char>(token[bit / 8] ^ 1 << bit % 8);
      EXPECT_NE(judge(token, set), "ok") << bit;
    }
    ASSERT_EQ(judge(good, set), "ok");  // and the next good one still holds
  }
}

TEST(jwt, every_flipped_bit_of_what_the_parts_encode_is_refused) {
  const std::string mac = hmac_of(access_bytes, base64url_encode(good_header) + "." + base64url_encode(good_payload));
  const auto flipped = [](std::string text, std::size_t bit) {
    text[bit / 8] = static_cast<char>(text[bit / 8] ^ 1 << bit % 8);
    return text;
  };
  const auto joined = [](const std::string& header, const std::string& payload, const std::string& signature) {
    return base64url_encode(header) + "." + base64url_encode(payload) + "." + base64url_encode(signature);
  };
  ASSERT_EQ(judge(joined(good_header, good_payload, mac)), "ok");
  for (std::size_t bit = 0; bit < good_header.size() * 8; ++bit) {
    EXPECT_NE(judge(joined(flipped(good_header, bit), good_payload, mac)), "ok") << bit;
  }
  for (std::size_t bit = 0; bit < good_payload.size() * 8; ++bit) {
    EXPECT_EQ(judge(joined(good_header, flipped(good_payload, bit), mac)), bad_signature) << bit;
  }
  for (std::size_t bit = 0; bit < mac.size() * 8; ++bit) {
    EXPECT_EQ(judge(joined(good_header, good_payload, flipped(mac, bit))), bad_signature) << bit;
  }
}

TEST(jwt, parts_of_two_good_tokens_do_not_combine) {
  const std::string one = forge(good_header, good_payload), two = forge(good_header, payload_with("exp", moment + 200));
  EXPECT_EQ(judge(one.substr(0, one.rfind('.')) + two.substr(two.rfind('.'))), bad_signature);
}

}  // namespace
}  // namespace gatehouse::token
