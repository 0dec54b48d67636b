#include <gtest/gtest.h>

#include <string>

#include "base/json.h"

namespace gatehouse {
namespace {

using namespace std::string_literals;

std::string why(std::string_view text, const json_limits& limits = {}) {
  const auto read = read_json(text, limits);
  if (read) return "accepted";
  EXPECT_EQ(read.failure().kind, fault::invalid);
  return read.failure().what;
}

TEST(json, reads_what_nlohmann_reads) {
  for (const char* text :
       {"{}", "[]", "null", "true", "false", "0", "-0", "-1", "1.5", "1e3", "\"\"", R"("\u00e4\n\ud83d\ude00")",
        " [ 1 , [ ] , { } , [ [ ] ] ] ", R"({"a":{"b":[1,{"c":null},[[2]],"x"]},"d":[],"e":{}})", "9223372036854775807",
        "-9223372036854775808", "18446744073709551615", "\"\xf0\x9f\x98\x80\"", "[{\"a\":1},{\"a\":1}]"}) {
    const auto read = read_json(text);
    ASSERT_TRUE(read) << text << ": " << read.failure().what;
    EXPECT_EQ(*read, nlohmann::json::parse(text)) << text;
    EXPECT_EQ(read->dump(), nlohmann::json::parse(text).dump()) << text;
  }
}

TEST(json, grammar_is_rfc_8259) {
  for (const char* text :
       {"",      " ",        "{",        "}",    "[",    "]",      "[1,]",   "{\"a\":1,}", "{\"a\"}",
        "{a:1}", "{'a':1}",  "{1:2}",    "01",   "+1",   ".5",     "1.",     "1e",         "0x1",
        "NaN",   "Infinity", "nul",      "TRUE", "\"",   "\"\n\"", "\"\t\"", R"("\x41")",  R"("\u12")",
        "[1 2]", "// c\n1",  "/* c */1", "[1]]", "{}{}", "1 2",    "null,",  "\x0b"}) {
    EXPECT_NE(why(text).find("not valid JSON at byte"), std::string::npos) << text << ": " << why(text);
  }
}

TEST(json, requirement_10_duplicate_members_are_refused) {
  EXPECT_EQ(why(R"({"a":1,"a":1})"), "\"a\" is there twice");
  EXPECT_EQ(why(R"({"a":1,"\u0061":2})"), "\"a\" is there twice");
  EXPECT_EQ(why(R"({"user":{"x":[0,{"b":1,"c":2,"b":3}]}})"), "\"user.x[1].b\" is there twice");
  EXPECT_EQ(why(R"({"":1,"":2})"), "the value is there twice");
  EXPECT_EQ(why(R"({"a":{"a":{"a":1}},"A":1})"), "accepted");
}

TEST(json, requirement_10_invalid_utf8_is_refused) {
  for (const auto& bytes : {"\x80"s, "\xc3"s, "\xc3\x28"s, "\xc0\x80"s, "\xc1\xbf"s, "\xe0\x80\x80"s, "\xe0\x9f\xbf"s,
                            "\xf0\x80\x80\x80"s, "\xf0\x8f\xbf\xbf"s, "\xed\xa0\x80"s, "\xed\xbf\xbf"s,
                            "\xf4\x90\x80\x80"s, "\xf5\x80\x80\x80"s, "\xfe"s, "\xff"s, "\xe2\x82"s, "\xf0\x9f\x98"s}) {
    EXPECT_EQ(why("\"" + bytes + "\""), "not UTF-8");
    EXPECT_EQ(why("{\"" + bytes + "\":1}"), "not UTF-8");
    EXPECT_EQ(why("{\"a\":\"x" + bytes + "y\"}"), "not UTF-8");
  }
}

TEST(json, requirement_10_unpaired_surrogate_escapes_are_refused) {
  for (const char* text : {R"("\ud800")", R"("\udc00")", R"("\ud800\ud800")", R"("\ud800x")", R"("\udc00\ud800")"}) {
    EXPECT_NE(why(text), "accepted") << text;
  }
}

TEST(json, nul_is_refused_in_every_form) {
  EXPECT_EQ(why("{\"a\":1}\0"s), "has a NUL byte");
  EXPECT_EQ(why("{\"a\":1}\0{\"b\":2}"s), "has a NUL byte");  // nlohmann alone would stop at it and be content
  EXPECT_EQ(why("\"\0\""s), "has a NUL byte");
  EXPECT_EQ(why(R"({"a":"x\u0000y"})"), "\"a\" has a NUL in a string");
  EXPECT_EQ(why(R"({"a\u0000b":1})"), "the value has a NUL in a string");
  json_limits limits;
  limits.allow_nul = true;
  const auto read = read_json(R"("x\u0000y")", limits);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->get<std::string>(), "x\0y"s);
}

TEST(json, a_byte_order_mark_is_refused) { EXPECT_EQ(why("\xef\xbb\xbf{}"), "begins with a byte order mark"); }

TEST(json, requirement_17_length) {
  json_limits limits;
  limits.bytes = 8;
  EXPECT_EQ(why("[1,2,34]", limits), "accepted");
  EXPECT_EQ(why("[1,2,345]", limits), "longer than 8 bytes");
}

TEST(json, requirement_17_depth) {
  json_limits limits;
  limits.depth = 3;
  EXPECT_EQ(why("[[[1]]]", limits), "accepted");
  EXPECT_EQ(why(R"({"a":{"b":{"c":1}},"d":[[]]})", limits), "accepted");
  EXPECT_EQ(why("[[[[]]]]", limits), "\"[0][0][0]\" is nested too deeply");
  EXPECT_EQ(why(R"({"a":{"b":{"c":{}}}})", limits), "\"a.b.c\" is nested too deeply");
  limits.depth = 0;
  EXPECT_EQ(why("1", limits), "accepted");
  EXPECT_EQ(why("{}", limits), "the value is nested too deeply");
  EXPECT_EQ(why(std::string(60000, '[')).find("nested too deeply") == std::string::npos, false);
}

TEST(json, requirement_17_members) {
  json_limits limits;
  limits.members = 3;
  EXPECT_EQ(why("[1,2,3]", limits), "accepted");
  EXPECT_EQ(why(R"({"a":1,"b":[2]})", limits), "accepted");
  EXPECT_EQ(why("[1,2,3,4]", limits), "\"[3]\" is one member or element too many");
  EXPECT_EQ(why(R"({"a":1,"b":[2,3]})", limits), "\"b[1]\" is one member or element too many");
  EXPECT_EQ(why(R"({"a":1,"b":2,"c":3,"d":4})", limits), "\"d\" is one member or element too many");
}

TEST(json, requirement_17_string_length) {
  json_limits limits;
  limits.string_length = 4;
  EXPECT_EQ(why(R"({"name":"abcd"})", limits), "accepted");
  EXPECT_EQ(why(R"({"name":"abcde"})", limits), "\"name\" has too long a string");
  EXPECT_EQ(why(R"(["\u00e4\u00e4"])", limits), "accepted");  // bytes count, after unescaping
  EXPECT_EQ(why(R"(["\u00e4\u00e4\u00e4"])", limits), "\"[0]\" has too long a string");
  EXPECT_EQ(why(R"({"a":{"names":1}})", limits), "\"a\" has too long a string");
}

TEST(json, requirement_14_numbers_out_of_range_are_refused) {
  EXPECT_EQ(why("{\"exp\":1e400}"), "\"exp\" is a number out of range");
  EXPECT_EQ(why("[0,-1e400]"), "\"[1]\" is a number out of range");
  EXPECT_EQ(why("1" + std::string(400, '0')), "the value is a number out of range");
  const auto wide = read_json("18446744073709551616");
  ASSERT_TRUE(wide);
  EXPECT_TRUE(wide->is_number_float());
}

TEST(json, the_error_never_has_a_value_and_no_control_character) {
  EXPECT_EQ(why(R"({"password":"hunter2","password":"hunter3"})").find("hunter"), std::string::npos);
  EXPECT_EQ(why(R"({"password":"hunter2)").find("hunter"), std::string::npos);
  EXPECT_EQ(why(R"({"password":hunter2})").find("hunter"), std::string::npos);
  EXPECT_EQ(why("{\"n\":1e4001234}").find("1e400"), std::string::npos);
  EXPECT_EQ(why(R"({"a\n\u001b\"\\":1,"a\n\u001b\"\\":1})"), "\"a????\" is there twice");
  EXPECT_LT(why("{\"" + std::string(5000, 'x') + "\":1e400}").size(), 150u);
}

TEST(json, an_array_of_trees_keeps_every_tree) {  // the elements move as the array grows
  std::string text = "[";
  for (int i = 0; i < 200; ++i) text += (i ? "," : "") + R"({"a":[)"s + std::to_string(i) + R"(,{"b":"c"}]})";
  text += "]";
  json_limits limits;
  limits.members = 10000;
  const auto read = read_json(text, limits);
  ASSERT_TRUE(read);
  EXPECT_EQ(*read, nlohmann::json::parse(text));
}

TEST(json, a_text_cut_anywhere_is_refused) {
  const std::string text = R"({"a":[1,{"b":"\u00e4ö"},true,null,-1.5e3],"c":{}})";
  ASSERT_TRUE(read_json(text));
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(read_json(std::string_view(text).substr(0, length))) << length;
  }
}

}  // namespace
}  // namespace gatehouse
