#include <gtest/gtest.h>

#include "view/color.h"

namespace gatehouse::view {
namespace {

TEST(color, is_six_hexadecimal_digits) {
  for (const char* good : {"#000000", "#ffffff", "#1F5c4d", "#ABCDEF"}) EXPECT_TRUE(is_color(good)) << good;
  for (const char* bad : {"", "#", "000000", "#fff", "#1f5c4", "#1f5c4d0", "#1f5c4g", "#1f5c4d;", "red", " #1f5c4d"}) {
    EXPECT_FALSE(is_color(bad)) << bad;
  }
}

TEST(color, text_on_it_has_the_contrast_that_can_be_had) {
  EXPECT_EQ(text_color_on("#000000"), "#ffffff");
  EXPECT_EQ(text_color_on("#ffffff"), "#000000");
  EXPECT_EQ(text_color_on("#1f5c4d"), "#ffffff");
  EXPECT_EQ(text_color_on("#ffd500"), "#000000");
  EXPECT_EQ(text_color_on("#757575"), "#ffffff");  // 4.61 with white, 4.56 with black
  EXPECT_EQ(text_color_on("#767676"), "#000000");  // 4.54 with white, 4.62 with black
  EXPECT_EQ(text_color_on("#0000ff"), "#ffffff");
  EXPECT_EQ(text_color_on("#00ff00"), "#000000");
}

}  // namespace
}  // namespace gatehouse::view
