#include <gtest/gtest.h>

#include <string>

#include "base/text.h"

namespace gatehouse {

namespace {

using namespace std::string_literals;

TEST(text, code_points_are_counted_not_bytes) {
  EXPECT_EQ(count_code_points(""), 0U);
  EXPECT_EQ(count_code_points("password"), 8U);
  EXPECT_EQ(count_code_points("пароль"), 6U);
  EXPECT_EQ(count_code_points("密码"), 2U);
  EXPECT_EQ(count_code_points("😀😀"), 2U);
  EXPECT_EQ(count_code_points("e\u0301"), 2U);                     // a combining accent is a code point
  EXPECT_EQ(count_code_points("\U0001F468\u200D\U0001F469"), 3U);  // two people and a joiner
  EXPECT_EQ(count_code_points("a\0b"s), 3U);
}

TEST(text, the_first_and_last_code_point_of_every_length_is_utf8) {
  for (const std::string& good : {"\x7F"s, "\xC2\x80"s, "\xDF\xBF"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s, "\xEE\x80\x80"s,
                                  "\xEF\xBF\xBF"s, "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s}) {
    EXPECT_EQ(count_code_points(good), 1U) << testing::PrintToString(good);
  }
}

TEST(text, requirement_10_what_is_not_utf8_is_told) {
  for (const std::string& bad : {
           "\x80"s,
           "\xBF"s,  // a continuation alone
           "\xC0\x80"s,
           "\xC1\xBF"s,  // overlong
           "\xE0\x80\x80"s,
           "\xE0\x9F\xBF"s,  // overlong
           "\xF0\x80\x80\x80"s,
           "\xF0\x8F\xBF\xBF"s,  // overlong
           "\xED\xA0\x80"s,
           "\xED\xBF\xBF"s,  // surrogates
           "\xF4\x90\x80\x80"s,
           "\xF5\x80\x80\x80"s,  // above U+10FFFF
           "\xFE"s,
           "\xFF"s,  // never in UTF-8
           "\xC2"s,
           "\xE2\x82"s,
           "\xF0\x9F\x98"s,  // cut short
           "\xC2g"s,
           "\xE2\x82g"s,
           "\xF0\x9F\x98g"s,  // cut short by a letter
           "caf\xE9"s,        // Latin-1
       }) {
    EXPECT_FALSE(is_utf8(bad)) << testing::PrintToString(bad);
    EXPECT_FALSE(is_utf8("good " + bad));
    EXPECT_FALSE(is_utf8(bad + " good"));
  }
}

TEST(text, control_characters_of_both_sets_are_found) {
  for (int c = 0; c < 0x20; ++c) EXPECT_TRUE(has_control_character("a" + std::string(1, static_cast<char>(c)) + "b"));
  EXPECT_TRUE(has_control_character("\x7F"));
  EXPECT_TRUE(has_control_character("\u0080"));
  EXPECT_TRUE(has_control_character("a\u009F"));
  for (const char* good : {"", " ~", "\u00A0", "é", "Â", "😀", "\u2028"}) EXPECT_FALSE(has_control_character(good));
}

TEST(text, only_ascii_letters_change_their_case) {
  EXPECT_EQ(ascii_lower("AZaz09@[`{ÀÉ"), "azaz09@[`{ÀÉ");
  EXPECT_EQ(ascii_lower("A\0B"s), "a\0b"s);
  EXPECT_TRUE(equal_ignoring_case("PassWord", "pASSwORD"));
  EXPECT_TRUE(equal_ignoring_case("", ""));
  EXPECT_FALSE(equal_ignoring_case("É", "é"));
  EXPECT_FALSE(equal_ignoring_case("password", "passwords"));
  EXPECT_FALSE(equal_ignoring_case("@", "`"));  // 32 apart, and no letters
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(text, the_order_is_of_unsigned_bytes_in_lower_case) {
  EXPECT_EQ(compare_ignoring_case("ABC", "abc"), 0);
  EXPECT_LT(compare_ignoring_case("ABC", "abd"), 0);
  EXPECT_GT(compare_ignoring_case("b", "ABC"), 0);
  EXPECT_LT(compare_ignoring_case("ab", "ABC"), 0);
  EXPECT_GT(compare_ignoring_case("ABC", "ab"), 0);
  EXPECT_LT(compare_ignoring_case("z", "é"), 0);
}

TEST(text, one_line_stays_one_line_of_utf8) {
  EXPECT_EQ(one_line("Jürgen 山田 😀"), "Jürgen 山田 😀");
  EXPECT_EQ(one_line("a\r\nb\tc\0d\x7F"s), "a  b c d ");
  EXPECT_EQ(one_line("a\u0085b\u009Fc\u2028d\u2029e\u00A0"), "a b c d e\u00A0");
  EXPECT_EQ(one_line("a\xFF\xC3"), "a\uFFFD\uFFFD");
  EXPECT_EQ(one_line("\xC0\x8A"), "\uFFFD\uFFFD");
  EXPECT_EQ(one_line(""), "");
}

TEST(text, code_points_have_a_length_where_they_begin) {
  const std::string text = "aä€😀";
  const std::size_t lengths[] = {1, 2, 0, 3, 0, 0, 4, 0, 0, 0};
  ASSERT_EQ(text.size(), std::size(lengths));
  for (std::size_t i = 0; i < text.size(); ++i) EXPECT_EQ(code_point_length(text, i), lengths[i]) << i;
  EXPECT_EQ(code_point_length("\xC3", 0), 0U);
}

// Issue 10.29.
TEST(text, line_and_direction_characters) {
  for (const char* bad : {"\u2028", "\u2029", "\u202A", "a\u202Eb", "ab\u2066", "\u2069", "\uFEFFJane", "Jane\uFEFF"}) {
    EXPECT_TRUE(has_line_or_direction_character(bad)) << bad;
  }
  for (const char* good : {"", "a", "ab", "Jane", "\u200C", "\u200D", "نیم\u200Cفاصله", "\u2027", "\u202F", "\u2065",
                           "\u206A", "\uFEFE", "\U0001F468\u200D\U0001F469", "\xE2\x80", "\xEF\xBB"}) {
    EXPECT_FALSE(has_line_or_direction_character(good)) << good;
  }
}

// Issue 10.17.
TEST(text, spaces_at_the_ends) {
  EXPECT_EQ(trim_spaces(" \t\u00A0jane doe\u2003\u3000 "), "jane doe");
  EXPECT_EQ(trim_spaces("jane"), "jane");
  EXPECT_EQ(trim_spaces(" \u00A0"), "");
  EXPECT_EQ(trim_spaces(""), "");
  for (const char* kept : {"\n", "\u200Bx\u200B", "\xC2", "\xA0"}) EXPECT_EQ(trim_spaces(kept), kept);
}

}  // namespace

}  // namespace gatehouse
