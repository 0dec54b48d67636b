#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/base64url.h"

namespace gatehouse {
namespace {

TEST(base64url, vectors_of_rfc_4648_without_padding) {
  const std::array<std::pair<std::string, std::string>, 7> vectors = {{{"", ""},
                                                                       {"f", "Zg"},
                                                                       {"fo", "Zm8"},
                                                                       {"foo", "Zm9v"},
                                                                       {"foob", "Zm9vYg"},
                                                                       {"fooba", "Zm9vYmE"},
                                                                       {"foobar", "Zm9vYmFy"}}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(base64url_encode(bytes), text);
    EXPECT_EQ(base64url_decode(text), bytes);
  }
}

TEST(base64url, appendix_c_of_rfc_7515) {
  EXPECT_EQ(base64url_encode(std::string_view("\x03\xec\xff\xe0\xc1", 5)), "A-z_4ME");
  EXPECT_EQ(base64url_decode("A-z_4ME"), std::string("\x03\xec\xff\xe0\xc1", 5));
}

TEST(base64url, every_byte_comes_back) {
  std::string bytes;
  for (int length = 0; length < 300; ++length) {
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    bytes += static_cast<char>(length * 7);
  }
}

TEST(base64url, requirement_8_anything_but_its_alphabet_is_refused) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    const std::string text = {'Z', c, '9', 'v'};
    EXPECT_EQ(base64url_decode(text).has_value(), alphabet.find(c) != std::string_view::npos) << byte;
  }
}

TEST(base64url, requirement_8_padding_and_whitespace_are_refused) {
  for (const char* text :
       {"Zg==", "Zg=", "Zm8=", "Zm9v=", "Zm9v====", " Zm9v", "Zm9v ", "Zm9v\n", "Zm\n9v", "\r\n", "="}) {
    EXPECT_FALSE(base64url_decode(text)) << text;
  }
}

TEST(base64url, requirement_8_impossible_lengths_are_refused) {
  for (const char* text : {"A", "AAAAA", "AAAAAAAAA"}) EXPECT_FALSE(base64url_decode(text)) << text;
}

TEST(base64url, requirement_8_one_spelling_for_one_byte_string) {
  const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  int of_two = 0, of_three = 0;
  for (const char c : alphabet) {
    of_two += base64url_decode(std::string{'A', c}).has_value();
    of_three += base64url_decode(std::string{'A', 'A', c}).has_value();
  }
  EXPECT_EQ(of_two, 4);     // A, Q, g, w: four bits left over must be zero
  EXPECT_EQ(of_three, 16);  // two bits
}

}  // namespace
}  // namespace gatehouse
