#include <gtest/gtest.h>

#include "base/hex.h"

namespace gatehouse {
namespace {

using namespace std::string_view_literals;

TEST(hex, every_byte_goes_there_and_back) {
  for (int i = 0; i < 256; ++i) {
    const std::string byte(1, static_cast<char>(i));
    EXPECT_EQ(hex_encode(byte).size(), 2U);
    EXPECT_EQ(hex_decode(hex_encode(byte)), byte);
  }
  EXPECT_EQ(hex_encode("\x00\x7f\xff"sv), "007fff");
  EXPECT_EQ(hex_decode("00Ff"), "\x00\xff"sv);
  EXPECT_EQ(hex_decode(""), "");
}

TEST(hex, what_is_no_pair_of_digits_is_refused) {
  for (const char* text : {"0", "0x", "g0", "0g", " 0", "00 ", "000", "-1"}) EXPECT_FALSE(hex_decode(text)) << text;
}

}  // namespace
}  // namespace gatehouse
