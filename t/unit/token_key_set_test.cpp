#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "token/key_set.h"
#include "token_keys.h"

namespace gatehouse::token {
namespace {

using namespace test;

std::string why(const std::string& text) {
  const auto parsed = key_set::parse(text);
  return parsed ? "accepted" : parsed.failure().what;
}

std::string why_of_key(const std::string& jwk) { return why(set_text(jwk)); }

bool says(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(key_set, every_sort_of_key) {
  for (const std::string& jwk :
       {hs256_access, oct("a", access_bytes, R"(,"alg":"HS256","use":"sig")"), oct("a", std::string(64, 'k')),
        named("a", ed25519_private), named("a", ed25519_private, R"(,"alg":"EdDSA")"),
        named("a", ed25519_private, R"(,"alg":"Ed25519","use":"sig")"), named("a", p256_private),
        named("a", p256_private, R"(,"alg":"ES256","key_ops":["sign","verify"])"), named("a", rsa_private),
        named("a", rsa_private, R"(,"alg":"RS256","x5t":"ignored","x5c":["ignored"],"ext":true)")}) {
    EXPECT_EQ(why_of_key(jwk), "accepted") << jwk;
  }
}

TEST(key_set, the_first_of_each_use_that_may_sign_signs_and_all_verify) {
  const key_set keys = make_set(
      R"({"keys":[)" + named("old", ed25519_public) + "," + named("idle", p256_private, R"(,"key_ops":["verify"])") +
      "," + oct("r2", refresh_bytes, R"(,"use":"gatehouse-refresh")") + "," + named("now", rsa_private) + "," +
      named("next", ed25519_private) + "," + oct("r1", access_bytes, R"(,"use":"gatehouse-refresh")") + "]}");
  EXPECT_EQ(keys.access_signing_key().id(), "now");
  EXPECT_EQ(keys.refresh_signing_key().id(), "r2");
  for (const char* id : {"old", "idle", "now", "next"}) {
    EXPECT_NE(keys.find(key_use::access, id), nullptr);
    EXPECT_EQ(keys.find(key_use::refresh, id), nullptr);
  }
  for (const char* id : {"r1", "r2"}) {
    EXPECT_EQ(keys.find(key_use::access, id), nullptr);
    EXPECT_NE(keys.find(key_use::refresh, id), nullptr);
  }
  EXPECT_FALSE(keys.find(key_use::access, "old")->may_sign());
  EXPECT_FALSE(keys.find(key_use::access, "idle")->may_sign());
}

TEST(key_set, requirement_12_kid_is_opaque) {
  const std::string odd = R"(../../etc/passwd' OR 1=1 -- \u00e4)";
  const key_set keys = make_set(set_text(oct(odd, access_bytes)));
  EXPECT_NE(keys.find(key_use::access, "../../etc/passwd' OR 1=1 -- ä"), nullptr);
  for (const char* other : {"", "../../etc/passwd", "../../etc/passwd' OR 1=1 -- Ä", "*", "a"}) {
    EXPECT_EQ(keys.find(key_use::access, other), nullptr);
  }
}

TEST(key_set, requirement_4_wrong_use) {
  for (const char* use :
       {R"("enc")", R"("Sig")", R"("")", R"("gatehouse")", R"("refresh")", "1", "null", R"(["sig"])"}) {
    const std::string said = why_of_key(oct("a", access_bytes, R"(,"use":)" + std::string(use)));
    EXPECT_TRUE(says(said, "key 1 (kid \"a\"): \"use\" must be")) << use << ": " << said;
  }
}

TEST(key_set, requirement_4_refresh_keys_are_symmetric) {
  for (const std::string& members : {ed25519_private, p256_private, rsa_private, ed25519_public}) {
    EXPECT_TRUE(says(why_of_key(named("a", members, R"(,"use":"gatehouse-refresh")")), "is for \"kty\":\"oct\" only"));
  }
}

TEST(key_set, requirement_4_wrong_key_ops) {
  for (const char* operations : {R"(["encrypt"])", R"(["decrypt","verify"])", R"(["wrapKey"])",
                                 R"(["sign","verify","deriveKey"])", R"(["sign"])", "[]", R"("verify")", "null", "1",
                                 R"(["sign","sign","verify"])", R"(["verify",1])", R"(["SIGN","verify"])", "{}"}) {
    const std::string said = why_of_key(oct("a", access_bytes, R"(,"key_ops":)" + std::string(operations)));
    EXPECT_TRUE(says(said, "key 1 (kid \"a\"): \"key_ops\"")) << operations << ": " << said;
  }
  EXPECT_TRUE(says(why_of_key(named("a", p256_public, R"(,"key_ops":["sign","verify"])")), "private half"));
  EXPECT_TRUE(says(why(R"({"keys":[)" + hs256_access + "," +
                       oct("r", refresh_bytes, R"(,"use":"gatehouse-refresh","key_ops":["verify"])") + "]}"),
                   "key 2 (kid \"r\"): \"key_ops\" of a refresh key must have \"sign\" too"));
}

TEST(key_set, requirement_4_duplicate_kid) {
  EXPECT_TRUE(
      says(why_of_key(hs256_access + "," + oct("a1", std::string(32, 'x'))), "key 2 (kid \"a1\"): another key"));
  EXPECT_TRUE(says(why_of_key(oct("r1", access_bytes)), "key 2 (kid \"r1\"): another key"));  // across uses too
  EXPECT_EQ(why_of_key(hs256_access + "," + oct("A1", std::string(32, 'x'))), "accepted");
}

TEST(key_set, requirement_4_symmetric_and_public_keys_for_access_tokens_do_not_mix) {
  EXPECT_TRUE(says(why_of_key(hs256_access + "," + named("p", ed25519_private)), "key 2 (kid \"p\"): HMAC keys and"));
  EXPECT_TRUE(says(why_of_key(named("p", p256_public) + "," + hs256_access), "key 2 (kid \"a1\"): HMAC keys and"));
  EXPECT_EQ(why_of_key(named("p", p256_public) + "," + named("q", rsa_private)), "accepted");
}

TEST(key_set, missing_or_unusable_kid) {
  EXPECT_TRUE(
      says(why_of_key(R"({"kty":"oct","k":")" + base64url_encode(access_bytes) + "\"}"), "key 1: has no \"kid\""));
  for (const char* kid : {R"("")", "1", "null", R"(["a"])", R"("a\nb")", R"("a\u007f")"}) {
    const std::string said = why_of_key(R"({"kty":"oct","kid":)" + std::string(kid) + "}");
    EXPECT_TRUE(says(said, "\"kid\" must be")) << said;
  }
  EXPECT_EQ(why_of_key(oct(std::string(128, 'k'), access_bytes)), "accepted");
  EXPECT_TRUE(says(why_of_key(oct(std::string(129, 'k'), access_bytes)), "key 1: \"kid\" must be 1 to 128 bytes"));
}

TEST(key_set, requirement_5_short_hmac_keys) {
  EXPECT_EQ(why_of_key(oct("a", std::string(31, 'k'))),
            "key 1 (kid \"a\"): \"k\" must be 32 random bytes or more, and is 31; make a new key");
  EXPECT_TRUE(says(why_of_key(oct("a", "")), "key 1 (kid \"a\"): \"k\""));
  EXPECT_TRUE(says(why(R"({"keys":[)" + hs256_access + "," + oct("r", "short", R"(,"use":"gatehouse-refresh")") + "]}"),
                   "key 2 (kid \"r\"): \"k\" must be 32"));
}

// A JWK of an RSA key made by libcrypto.
std::string made_rsa(unsigned bits) {
  const evp_key made(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(bits)));
  BIGNUM* n = nullptr;
  EVP_PKEY_get_bn_param(made.get(), "n", &n);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(n)), '\0');
  BN_bn2bin(n, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(n);
  return R"("kty":"RSA","e":"AQAB","n":")" + base64url_encode(bytes) + "\"";
}

TEST(key_set, requirement_5_short_rsa_keys) {
  EXPECT_TRUE(says(why_of_key(named("a", made_rsa(1024))), "must have 2048 to 8192 bits, and this one has 1024"));
  EXPECT_TRUE(says(why_of_key(named("a", made_rsa(2040))), "and this one has 2040"));
  EXPECT_EQ(why_of_key(named("p", p256_private) + "," + named("a", made_rsa(2048))), "accepted");
  EXPECT_TRUE(says(
      why_of_key(named("a", R"("kty":"RSA","e":"AQAB","n":")" + base64url_encode(std::string(1025, '\xff')) + "\"")),
      "has 8200"));
}

// The members with one replaced.
std::string key_with(const std::string& members, const std::string& name, const std::string& value) {
  auto jwk = nlohmann::json::parse("{" + members + "}");
  jwk[name] = value;
  jwk["kid"] = "a";
  return jwk.dump();
}
std::string without(const std::string& members, const std::string& name) {
  auto jwk = nlohmann::json::parse("{" + members + "}");
  jwk.erase(name);
  jwk["kid"] = "a";
  return jwk.dump();
}

TEST(key_set, rsa_numbers_that_do_not_fit) {
  const std::string other = base64url_encode(std::string(128, '\x7b'));
  for (const char* name : {"d", "p", "q", "dp", "dq", "qi"}) {
    EXPECT_TRUE(says(why_of_key(key_with(rsa_private, name, other)), "do not belong to \"n\" and \"e\"")) << name;
  }
  for (const char* name : {"p", "q", "dp", "dq", "qi", "n", "e"}) {
    EXPECT_TRUE(says(why_of_key(without(rsa_private, name)), "has no \"" + std::string(name))) << name;
  }
  for (const char* e : {"AQ", "Ag", "AA"}) {  // 1, 2, 0
    EXPECT_TRUE(says(why_of_key(key_with(rsa_public, "e", e)), "not a usable RSA key")) << e;
  }
  EXPECT_TRUE(says(why_of_key(key_with(rsa_private, "oth", "x")), "more than two primes"));
}

TEST(key_set, requirement_6_p256_points_off_the_curve) {
  const std::string number = base64url_encode(std::string(31, '\0') + "\x05");
  const std::string most = base64url_encode(std::string(32, '\xff'));
  const std::string zero = base64url_encode(std::string(32, '\0'));
  for (const std::string& value : {number, most, zero}) {
    for (const char* name : {"x", "y"}) {
      for (const std::string& members : {p256_private, p256_public}) {
        EXPECT_TRUE(says(why_of_key(key_with(members, name, value)), "not a point on the curve")) << name << value;
      }
    }
  }
  for (const char* name : {"x", "y"}) {
    for (const std::size_t size : {31, 33, 64}) {
      EXPECT_TRUE(says(why_of_key(key_with(p256_public, name, base64url_encode(std::string(size, 'x')))), "32 bytes"));
    }
  }
}

TEST(key_set, p256_private_half_that_does_not_fit) {
  for (const std::string& d :
       {std::string(32, 'x'), std::string(32, '\0'), std::string(32, '\xff'), std::string(31, '\0') + "\x01"}) {
    EXPECT_TRUE(says(why_of_key(key_with(p256_private, "d", base64url_encode(d))), "\"d\" does not belong"));
  }
  EXPECT_TRUE(says(why_of_key(key_with(p256_private, "d", "AQ")), "\"d\" of a P-256 key must be 32 bytes"));
}

TEST(key_set, ed25519_points_off_the_curve) {
  int on_curve = 0;
  for (int first = 0; first < 256; ++first) {
    std::string x(32, '\x11');
    x[0] = static_cast<char>(first);
    const std::string said =
        why_of_key(named("s", p256_private) + "," + key_with(ed25519_public, "x", base64url_encode(x)));
    on_curve += said == "accepted";
    EXPECT_TRUE(said == "accepted" || says(said, "\"x\" is not a point on the curve")) << said;
  }
  EXPECT_NEAR(on_curve, 128, 40);

  std::string p(32, '\xff');  // little-endian: y = p, which is 0 spelled otherwise
  p[0] = '\xed';
  p[31] = '\x7f';
  std::string one(32, '\0');  // the neutral element: anybody can sign for it
  one[0] = 1;
  for (const std::string& x : {p, one, std::string(32, '\xff')}) {
    EXPECT_TRUE(says(why_of_key(key_with(ed25519_public, "x", base64url_encode(x))), "not a point on the curve"));
  }
}

TEST(key_set, ed25519_halves_that_do_not_fit) {
  EXPECT_TRUE(says(why_of_key(key_with(ed25519_private, "d", base64url_encode(std::string(32, 'x')))),
                   "\"d\" does not belong"));
  EXPECT_TRUE(says(why_of_key(key_with(ed25519_private, "d", "AQ")), "\"d\" of an Ed25519 key must be 32 bytes"));
  EXPECT_TRUE(says(why_of_key(key_with(ed25519_public, "x", "AQ")), "\"x\" of an Ed25519 key must be 32 bytes"));
}

TEST(key_set, unknown_types_curves_and_algorithms) {
  for (const char* type : {"", "OCT", "oct ", "ec", "DSA", "AKP"}) {
    EXPECT_TRUE(says(why_of_key(R"({"kid":"a","kty":")" + std::string(type) + "\"}"), "\"kty\" must be")) << type;
  }
  EXPECT_TRUE(says(why_of_key(R"({"kid":"a"})"), "has no \"kty\""));
  EXPECT_TRUE(says(why_of_key(R"({"kid":"a","kty":7})"), "\"kty\" must be a string"));
  for (const char* curve : {"P-384", "secp256k1", "X25519", "Ed448", "p-256", ""}) {
    EXPECT_TRUE(says(why_of_key(key_with(p256_private, "crv", curve)), "\"crv\" must be \"P-256\"")) << curve;
    EXPECT_TRUE(says(why_of_key(key_with(ed25519_private, "crv", curve)), "\"crv\" must be \"Ed25519\"")) << curve;
  }
  for (const char* alg : {"HS512", "none", "RS256", "EdDSA", "ES256", "", "hs256"}) {
    EXPECT_TRUE(says(why_of_key(oct("a", access_bytes, R"(,"alg":")" + std::string(alg) + "\"")), "\"alg\"")) << alg;
  }
}

TEST(key_set, requirement_3_an_asymmetric_key_never_is_an_hmac_key) {
  for (const std::string& members : {ed25519_private, p256_private, rsa_private}) {
    EXPECT_TRUE(says(why_of_key(key_with(members, "alg", "HS256")), "\"alg\" does not suit the key"));
    const key_set keys = make_set(set_text(named("a", members, R"(,"k":")" + base64url_encode(access_bytes) + "\"")));
    EXPECT_NE(keys.find(key_use::access, "a")->algorithm(), algorithm::hs256);
  }
}

TEST(key_set, requirement_8_key_members_are_strict_base64url) {
  for (const char* k :
       {"", "=", "AQAB=", "A", "AB", "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlBQkNERUY=", "a+b/", "ab cd", "ab\\ncd"}) {
    const std::string said = why_of_key(R"({"kty":"oct","kid":"a","k":")" + std::string(k) + "\"}");
    EXPECT_TRUE(says(said, "\"k\" must be a string in base64url")) << k << ": " << said;
  }
  EXPECT_TRUE(says(why_of_key(R"({"kty":"oct","kid":"a","k":12})"), "\"k\" must be a string in base64url"));
}

TEST(key_set, what_is_no_set_at_all) {
  EXPECT_TRUE(says(why(""), "not a usable JWK Set: not valid JSON at byte"));
  EXPECT_TRUE(says(why("{\"keys\":[],\"keys\":[]}"), "\"keys\" is there twice"));
  for (const char* text : {"[]", "null", "{}", "{\"keys\":{}}", "{\"keys\":null}", "{\"Keys\":[]}", "\"keys\""}) {
    EXPECT_TRUE(says(why(text), "not a JWK Set; it must be")) << text;
  }
  EXPECT_TRUE(says(why("{\"keys\":[]}"), "no key can sign access tokens"));
  for (const char* key : {"1", "null", "[]", "\"a\""}) EXPECT_TRUE(says(why_of_key(key), "key 1: is not an object"));
}

TEST(key_set, both_uses_need_a_signing_key) {
  EXPECT_TRUE(says(why(R"({"keys":[)" + hs256_access + "]}"), "no key can sign refresh tokens; add a"));
  EXPECT_TRUE(says(why(R"({"keys":[)" + hs256_refresh + "]}"), "no key can sign access tokens; add one"));
  EXPECT_TRUE(says(why_of_key(named("a", ed25519_public)), "no key can sign access tokens"));
  EXPECT_TRUE(says(why_of_key(oct("a", access_bytes, R"(,"key_ops":["verify"])")), "no key can sign access tokens"));
}

TEST(key_set, an_error_never_has_key_material) {
  const std::string marker = "c2VjcmV0LW1hdGVyaWFsLWNhbmFyeQ";
  for (const std::string& text :
       {set_text(oct("a", "secret-material-canary")), set_text(key_with(ed25519_private, "d", marker)),
        set_text(key_with(p256_private, "d", marker)), set_text(key_with(rsa_private, "qi", marker)),
        "{\"keys\":[{\"k\":\"" + marker + "\",\"k\":\"" + marker + "\"}]}", "{\"keys\":[{\"k\":\"" + marker,
        "{\"keys\":[{\"k\":" + marker + "}]}", set_text(R"({"kty":"oct","kid":"a","k":")" + marker + "!\"}")}) {
    const std::string said = why(text);
    EXPECT_NE(said, "accepted");
    EXPECT_FALSE(says(said, marker) || says(said, "canary")) << said;
  }
}

TEST(key_set, requirement_19_public_jwks_has_public_members_only) {
  const key_set keys =
      make_set(set_text(named("e", ed25519_private, R"(,"alg":"Ed25519")") + "," +
                        named("c", p256_private, R"(,"extra":"x","x5c":["x"])") + "," + named("r", rsa_private)));
  const auto published = nlohmann::json::parse(keys.public_jwks());
  auto expected = nlohmann::json::parse(R"({"keys":[)" + named("e", ed25519_public, R"(,"alg":"Ed25519","use":"sig")") +
                                        "," + named("c", p256_public, R"(,"alg":"ES256","use":"sig")") + "," +
                                        named("r", rsa_public, R"(,"alg":"RS256","use":"sig")") + "]}");
  EXPECT_EQ(published, expected);
  for (const auto& jwk : published["keys"]) {
    for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "k", "oth"}) EXPECT_FALSE(jwk.contains(member));
  }
}

TEST(key_set, requirement_19_symmetric_keys_are_never_published) {
  EXPECT_EQ(make_set(set_text(hs256_access)).public_jwks(), R"({"keys":[]})");
}

TEST(key_set, requirement_19_a_retired_key_is_published_while_it_is_in_the_file) {
  const key_set keys = make_set(set_text(named("now", ed25519_private) + "," + named("retired", p256_public)));
  EXPECT_TRUE(says(keys.public_jwks(), "\"retired\""));
  EXPECT_NE(keys.find(key_use::access, "retired"), nullptr);
}

}  // namespace
}  // namespace gatehouse::token
