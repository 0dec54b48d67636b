#include <gtest/gtest.h>

#include <set>

#include "factor/recovery_codes.h"

namespace gatehouse::factor {

namespace {

TEST(factor_recovery_codes, ten_of_80_bits_in_four_groups) {
  std::set<std::string> all;
  for (const secret& code : new_recovery_codes()) {
    const std::string text(code.reveal());
    ASSERT_EQ(text.size(), 19U);
    for (std::size_t i = 0; i < text.size(); ++i) {
      EXPECT_EQ(text[i] == '-', i % 5 == 4) << text;
      EXPECT_EQ(std::string("ILOU").find(text[i]), std::string::npos) << text;
    }
    all.insert(text);
  }
  EXPECT_EQ(all.size(), 10U);
}

TEST(factor_recovery_codes, are_read_as_people_type_them) {
  for (const char* typed :
       {"0123-4567-89AB-CDEF", "0123456789abcdef", " o l23 4567-89ab cdef", "Oi23-4567-89AB-CDEF"}) {
    const auto code = read_recovery_code(typed);
    ASSERT_TRUE(code) << typed;
    EXPECT_EQ(code->reveal(), "0123456789ABCDEF");
  }
  for (const char* wrong : {"", "0123-4567-89AB-CDE", "0123-4567-89AB-CDEFG", "0123-4567-89AB-CDEU",
                            "0123_4567-89AB-CDEF", "----------------", "0123-4567-89AB-CDE\xc3\x84"}) {
    EXPECT_FALSE(read_recovery_code(wrong)) << wrong;
  }
  EXPECT_FALSE(read_recovery_code(std::string(65, '-') + "0123456789ABCDEF"));
}

TEST(factor_recovery_codes, the_hash_is_the_users_own) {
  const secret code("0123456789ABCDEF");
  EXPECT_EQ(hash_recovery_code("ann", code).size(), 64U);
  EXPECT_EQ(hash_recovery_code("ann", code), hash_recovery_code("ann", code));
  EXPECT_NE(hash_recovery_code("ann", code), hash_recovery_code("bob", code));
  EXPECT_NE(hash_recovery_code("ann", code), hash_recovery_code("ann", secret("0123456789ABCDEG")));
}

TEST(factor_recovery_codes, one_that_was_shown_is_read_again) {
  for (const secret& code : new_recovery_codes()) EXPECT_TRUE(read_recovery_code(code.reveal()));
}

}  // namespace

}  // namespace gatehouse::factor
