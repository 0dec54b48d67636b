#include <gtest/gtest.h>
#include <openssl/err.h>

#include "token/jwk.h"
#include "token/key.h"
#include "token_keys.h"

namespace gatehouse::token {
namespace {

using namespace test;

const std::string payload_of_rfc_7515 =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

key read(const std::string& jwk) {
  auto parsed = parse_jwk(nlohmann::json::parse(jwk));
  if (!parsed) throw std::runtime_error(parsed.failure().what);
  return std::move(parsed->key);
}

std::string bytes(std::string_view text) { return base64url_decode(text).value(); }

void expect_every_flipped_bit_is_refused(const key& by, const std::string& input, const std::string& signature) {
  for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
    std::string other = signature;
    other[bit / 8] = static_cast<char>(other[bit / 8] ^ 1 << bit % 8);
    EXPECT_FALSE(by.verify(input, other)) << bit;
  }
}

void expect_only_this_length(const key& by, const std::string& input, const std::string& signature) {
  for (std::size_t length = 0; length < signature.size(); ++length) {
    EXPECT_FALSE(by.verify(input, std::string_view(signature).substr(0, length))) << length;
  }
  EXPECT_FALSE(by.verify(input, signature + '\0'));
  EXPECT_FALSE(by.verify(input, '\0' + signature));
  EXPECT_FALSE(by.verify(input, signature + signature));
}

TEST(key, rfc_7515_a1_hs256) {
  const key by = read(
      R"({"kid":"1","kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"})");
  const std::string input = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload_of_rfc_7515;
  const std::string signature = bytes("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  EXPECT_EQ(by.sign(input), signature);
  EXPECT_TRUE(by.verify(input, signature));
  EXPECT_FALSE(by.verify(input + "x", signature));
  expect_every_flipped_bit_is_refused(by, input, signature);
  expect_only_this_length(by, input, signature);
}

TEST(key, rfc_7515_a2_rs256) {
  const key by = read(named("1", rsa_private));
  const std::string input = "eyJhbGciOiJSUzI1NiJ9." + payload_of_rfc_7515;
  const std::string signature = bytes(
      "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7"
      "t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12"
      "jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUP"
      "QGe77Rw");
  EXPECT_EQ(by.sign(input), signature);
  EXPECT_TRUE(by.verify(input, signature));
  EXPECT_TRUE(read(named("1", rsa_public)).verify(input, signature));
  EXPECT_FALSE(by.verify(input + "x", signature));
  expect_every_flipped_bit_is_refused(by, input, signature);
  expect_only_this_length(by, input, signature);
}

TEST(key, rfc_7515_a3_es256) {
  const key by = read(named("1", p256_private));
  const key public_only = read(named("1", p256_public));
  const std::string input = "eyJhbGciOiJFUzI1NiJ9." + payload_of_rfc_7515;
  const std::string signature =
      bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  EXPECT_TRUE(by.verify(input, signature));
  EXPECT_TRUE(public_only.verify(input, signature));
  EXPECT_FALSE(by.verify(input + "x", signature));
  expect_every_flipped_bit_is_refused(by, input, signature);

  for (int i = 0; i < 300; ++i) {  // so that some r and s are shorter than 32 bytes
    const std::string ours = by.sign(input);
    EXPECT_EQ(ours.size(), 64u);
    EXPECT_TRUE(public_only.verify(input, ours));
  }
}

TEST(key, requirement_6_es256_takes_64_bytes_only) {
  const key by = read(named("1", p256_private));
  const std::string signature = by.sign("x");
  expect_only_this_length(by, "x", signature);
  // The same in DER, as libcrypto would have it.
  const std::string der = "\x30\x44\x02\x20" + signature.substr(0, 32) + "\x02\x20" + signature.substr(32);
  EXPECT_FALSE(by.verify("x", der));
}

TEST(key, requirement_6_es256_r_and_s_are_in_range) {
  const key by = read(named("1", p256_private));
  const std::string signature = by.sign("x");
  const std::string r = signature.substr(0, 32), s = signature.substr(32), zero(32, '\0');
  const std::string order = bytes("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
  const std::string most(32, '\xff');
  for (const auto& [a, b] : {std::pair(zero, zero),
                             {zero, s},
                             {r, zero},
                             {order, s},
                             {r, order},
                             {most, s},
                             {r, most},
                             {order, order},
                             {most, most}}) {
    EXPECT_FALSE(by.verify("x", a + b));
  }
}

TEST(key, rfc_8037_a4_ed25519) {
  const key by = read(named("1", ed25519_private));
  const std::string input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const std::string signature =
      bytes("hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
  EXPECT_EQ(by.sign(input), signature);
  EXPECT_TRUE(by.verify(input, signature));
  EXPECT_TRUE(read(named("1", ed25519_public)).verify(input, signature));
  EXPECT_FALSE(by.verify(input + "x", signature));
  expect_every_flipped_bit_is_refused(by, input, signature);
}

TEST(key, requirement_7_ed25519_takes_64_bytes_only) {
  const key by = read(named("1", ed25519_private));
  expect_only_this_length(by, "x", by.sign("x"));
}

TEST(key, requirement_7_ed25519_s_is_below_the_order) {
  const key by = read(named("1", ed25519_private));
  // S + L is the same number modulo L: a second signature of the same text, if anybody takes it.
  const std::string order = bytes("7dP1XBpjEljWnPei3vneFAAAAAAAAAAAAAAAAAAAABA");  // little-endian
  std::string signature = by.sign("x");
  ASSERT_TRUE(by.verify("x", signature));
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    const unsigned sum = static_cast<unsigned char>(signature[32 + i]) + static_cast<unsigned char>(order[i]) + carry;
    signature[32 + i] = static_cast<char>(sum & 0xff);
    carry = sum >> 8;
  }
  ASSERT_EQ(carry, 0u);
  EXPECT_FALSE(by.verify("x", signature));
}

TEST(key, names_of_algorithms_are_exact) {
  EXPECT_EQ(find_algorithm("HS256"), algorithm::hs256);
  EXPECT_EQ(find_algorithm("RS256"), algorithm::rs256);
  EXPECT_EQ(find_algorithm("ES256"), algorithm::es256);
  EXPECT_EQ(find_algorithm("EdDSA"), algorithm::eddsa);
  EXPECT_EQ(find_algorithm("Ed25519"), algorithm::eddsa);
  for (const char* name : {"", "none", "None", "nOnE", "NONE", "hs256", "HS256 ", "HS384", "HS512", "RS384", "PS256",
                           "RS1", "ES256K", "ES384", "EDDSA", "ed25519", "Ed448", "RSA-OAEP", "dir"}) {
    EXPECT_FALSE(find_algorithm(name)) << name;
  }
}

TEST(key, a_failed_verification_leaves_no_error_for_nginx_to_log) {
  ERR_clear_error();
  for (const std::string& members : {rsa_private, p256_private, ed25519_private}) {
    const key by = read(named("1", members));
    EXPECT_FALSE(by.verify("x", std::string(64, '\1')));
    EXPECT_FALSE(by.verify("x", std::string(256, '\1')));
    EXPECT_EQ(ERR_peek_error(), 0u);
  }
  std::string off_curve = p256_public;
  off_curve[off_curve.find("f83O")] = 'g';
  EXPECT_FALSE(parse_jwk(nlohmann::json::parse(named("1", off_curve))));
  EXPECT_EQ(ERR_peek_error(), 0u);
}

TEST(key, moves_with_what_it_prepared) {
  key first = read(named("1", ed25519_private));
  const std::string signature = first.sign("x");
  const key second = std::move(first);
  EXPECT_TRUE(second.verify("x", signature));
  EXPECT_EQ(second.sign("x"), signature);
}

}  // namespace
}  // namespace gatehouse::token
