#include <gtest/gtest.h>

#include "factor/base32.h"
#include "factor/totp.h"

namespace gatehouse::factor {

namespace {

const secret rfc_key("12345678901234567890");

TEST(factor_totp, the_values_of_rfc_4226_appendix_d) {
  const char* const codes[] = {"755224", "287082", "359152", "969429", "338314",
                               "254676", "287922", "162583", "399871", "520489"};
  for (int counter = 0; counter < 10; ++counter) EXPECT_EQ(totp_code(rfc_key, counter), codes[counter]) << counter;
}

// The appendix has eight digits; six are their end.
TEST(factor_totp, the_values_of_rfc_6238_appendix_b) {
  EXPECT_EQ(totp_code(rfc_key, totp_step(59)), "287082");
  EXPECT_EQ(totp_code(rfc_key, totp_step(1111111109)), "081804");
  EXPECT_EQ(totp_code(rfc_key, totp_step(1111111111)), "050471");
  EXPECT_EQ(totp_code(rfc_key, totp_step(1234567890)), "005924");
  EXPECT_EQ(totp_code(rfc_key, totp_step(2000000000)), "279037");
  EXPECT_EQ(totp_code(rfc_key, totp_step(20000000000)), "353130");
}

TEST(factor_totp, requirement_59_a_code_is_good_one_step_early_or_late) {
  const unix_seconds now = 1111111111;
  const std::int64_t step = totp_step(now);
  for (std::int64_t off = -1; off <= 1; ++off) {
    EXPECT_EQ(totp_match(rfc_key, totp_code(rfc_key, step + off), now), step + off);
  }
  EXPECT_EQ(totp_match(rfc_key, totp_code(rfc_key, step - 2), now), std::nullopt);
  EXPECT_EQ(totp_match(rfc_key, totp_code(rfc_key, step + 2), now), std::nullopt);
}

TEST(factor_totp, a_code_is_six_digits_however_it_is_spaced) {
  EXPECT_EQ(totp_match(rfc_key, " 287 082 ", 59), 1);
  for (const char* wrong : {"", "28708", "2870822", "28708a", "287-082", "２８７０８２", "287082\n"}) {
    EXPECT_FALSE(is_totp_code(wrong)) << wrong;
    EXPECT_EQ(totp_match(rfc_key, wrong, 59), std::nullopt) << wrong;
  }
}

TEST(factor_totp, a_secret_has_160_bits_and_is_a_fresh_one) {
  const secret one = new_totp_secret();
  EXPECT_EQ(one.size(), 20U);
  EXPECT_FALSE(one.same_as(new_totp_secret()));
}

TEST(factor_totp, what_an_app_is_told) {
  EXPECT_EQ(totp_key_text(rfc_key).reveal(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
  EXPECT_EQ(otpauth_uri("My Site: ä", "ann+x@example.com", rfc_key).reveal(),
            "otpauth://totp/My%20Site%3A%20%C3%A4:ann%2Bx%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
            "&issuer=My%20Site%3A%20%C3%A4");
}

// RFC 4648 §10, without padding.
TEST(factor_totp, base32) {
  EXPECT_EQ(base32_encode(""), "");
  EXPECT_EQ(base32_encode("f"), "MY");
  EXPECT_EQ(base32_encode("fo"), "MZXQ");
  EXPECT_EQ(base32_encode("foo"), "MZXW6");
  EXPECT_EQ(base32_encode("foob"), "MZXW6YQ");
  EXPECT_EQ(base32_encode("fooba"), "MZXW6YTB");
  EXPECT_EQ(base32_encode("foobar"), "MZXW6YTBOI");
}

}  // namespace

}  // namespace gatehouse::factor
