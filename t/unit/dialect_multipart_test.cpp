#include <gtest/gtest.h>

#include <array>
#include <string>

#include "base/text.h"
#include "body/multipart_body.h"

namespace gatehouse::dialect {
namespace {

using operation::input;

constexpr std::array fields{
    field{"email", &input::email, true},
    field{"password", &input::password, true},
    field{"name", &input::name, false},
};
const route login{"POST", "login", nullptr, credential::none, fields, 200};

constexpr std::string_view type_b = "multipart/form-data; boundary=b";

std::string part(std::string_view name, std::string_view value) {
  return "--b\r\nContent-Disposition: form-data; name=\"" + std::string(name) + "\"\r\n\r\n" + std::string(value) +
         "\r\n";
}

// One part with these header lines, and the end.
std::string with_headers(std::string_view lines) { return "--b\r\n" + std::string(lines) + "\r\nx\r\n--b--\r\n"; }

std::string refusal_of(std::string_view body, std::string_view content_type = type_b) {
  const auto parts = split_multipart(content_type, body);
  return parts ? "accepted" : parts.failure().what;
}

TEST(multipart_body, what_curl_sends) {  // curl 7.88 --form 'email="john"' --form 'password="doe"'
  const std::string body =
      "--------------------------a4e4eb93b842c9f2\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\njohn\r\n"
      "--------------------------a4e4eb93b842c9f2\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\ndoe\r\n"
      "--------------------------a4e4eb93b842c9f2--\r\n";
  const decoded read =
      decode_multipart(login, "multipart/form-data; boundary=------------------------a4e4eb93b842c9f2", body);
  ASSERT_FALSE(read.why);
  EXPECT_EQ(read.in.email, "john");
  EXPECT_EQ(read.in.password->reveal(), "doe");
  EXPECT_FALSE(read.in.name);
}

TEST(multipart_body, what_curl_sends_with_a_type) {  // curl -F 'name=j\xc3\xb6hn;type=text/plain;charset=utf-8'
  const std::string body =
      "--------------------------a1d8f13157d3c1d7\r\nContent-Disposition: form-data; name=\"x\"\r\n"
      "Content-Type: text/plain;charset=utf-8\r\n\r\nj\xc3\xb6hn\r\n--------------------------a1d8f13157d3c1d7--\r\n";
  const auto parts = split_multipart("multipart/form-data; boundary=------------------------a1d8f13157d3c1d7", body);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 1u);
  EXPECT_EQ(parts->front().name, "x");
  EXPECT_EQ(parts->front().value, "j\xc3\xb6hn");
}

constexpr std::string_view chromium_type = "multipart/form-data; boundary=----WebKitFormBoundaryLJ3eia6CPspwrwjp";
const std::string chromium_start =
    "------WebKitFormBoundaryLJ3eia6CPspwrwjp\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\n"
    "j\xc3\xb6hn@example.com\r\n"
    "------WebKitFormBoundaryLJ3eia6CPspwrwjp\r\nContent-Disposition: form-data; name=\"na%22me\"\r\n\r\nx\r\n"
    "------WebKitFormBoundaryLJ3eia6CPspwrwjp\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\n"
    "a\"b\r\nc\r\n"
    "------WebKitFormBoundaryLJ3eia6CPspwrwjp\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\n\r\n"
    "------WebKitFormBoundaryLJ3eia6CPspwrwjp";

TEST(multipart_body, what_chromium_sends) {
  const decoded read = decode_multipart(login, chromium_type, chromium_start + "--\r\n");
  ASSERT_FALSE(read.why);
  EXPECT_EQ(read.in.email, "j\xc3\xb6hn@example.com");
  EXPECT_EQ(read.in.password->reveal(), "a\"b\r\nc");
  EXPECT_FALSE(read.in.name) << "a field sent empty is absent";
}

TEST(multipart_body, a_file_is_refused_even_an_empty_one) {
  const std::string file =
      "\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\n\r\n------WebKitFormBoundaryLJ3eia6CPspwrwjp--\r\n";
  EXPECT_EQ(refusal_of(chromium_start + file, chromium_type), "A file cannot be sent here");
  for (const char* name : {"filename=\"x\"", "filename=x", "FileName=\"x\"", "filename*=UTF-8''x"}) {
    const std::string header = "Content-Disposition: form-data; name=\"email\"; " + std::string(name) + "\r\n";
    EXPECT_EQ(refusal_of(with_headers(header)), "A file cannot be sent here") << name;
  }
}

TEST(multipart_body, media_types) {
  for (const char* good :
       {"multipart/form-data; boundary=x", "Multipart/Form-Data", "multipart/form-data ; boundary=x"})
    EXPECT_TRUE(is_multipart(good)) << good;
  for (const char* bad : {"", "multipart/mixed; boundary=x", "multipart/form-datax", "application/json"})
    EXPECT_FALSE(is_multipart(bad)) << bad;
}

TEST(multipart_body, boundaries) {
  const std::string body = part("email", "x") + "--b--\r\n";
  for (const char* good : {"multipart/form-data; boundary=b", "multipart/form-data;boundary=\"b\"",
                           "multipart/form-data; charset=utf-8; Boundary=b", "multipart/form-data; boundary=b "})
    EXPECT_EQ(refusal_of(body, good), "accepted") << good;
  const std::string long_one(71, 'b');
  for (const std::string& bad :
       {std::string("multipart/form-data"), std::string("multipart/form-data; boundary="),
        std::string("multipart/form-data; boundary=\"\""), std::string("multipart/form-data; boundary=b; boundary=b"),
        std::string("multipart/form-data; boundary=\"b"), std::string("multipart/form-data; boundary=\"b \""),
        std::string("multipart/form-data; boundary=\"\\b\""), std::string("multipart/form-data; boundary=b\r\nx"),
        std::string("multipart/form-data; boundary=b, x"), std::string("multipart/form-data; boundary=b x"),
        "multipart/form-data; boundary=" + long_one})
    EXPECT_EQ(refusal_of(body, bad), "The Content-Type has no usable boundary") << bad;

  const std::string longest(70, 'c');
  const std::string headers = "\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--";
  EXPECT_EQ(refusal_of("--" + longest + headers + longest + "--", "multipart/form-data; boundary=" + longest),
            "accepted");
  const std::string odd = "a'()+_,-./:=? z";
  EXPECT_EQ(refusal_of("--" + odd + headers + odd + "--", "multipart/form-data; boundary=\"" + odd + "\""), "accepted");
}

TEST(multipart_body, the_frame_must_be_exact) {
  const std::string good = part("email", "x") + "--b--\r\n";
  EXPECT_EQ(refusal_of(good), "accepted");
  EXPECT_EQ(refusal_of(part("email", "x") + "--b--"), "accepted") << "the last CRLF may be missing";
  EXPECT_EQ(refusal_of(""), "The form does not begin with its boundary");
  EXPECT_EQ(refusal_of("\r\n" + good), "The form does not begin with its boundary");
  EXPECT_EQ(refusal_of("preamble\r\n" + good), "The form does not begin with its boundary");
  EXPECT_EQ(refusal_of(good + "x"), "Something follows the end of the form");
  EXPECT_EQ(refusal_of(good + good), "Something follows the end of the form");
  EXPECT_EQ(refusal_of(part("email", "x") + "--b-- \r\n"), "Something follows the end of the form");
  EXPECT_EQ(refusal_of("--b--\r\n"), "The form has no parts");
  EXPECT_EQ(refusal_of("--b \r\n"), "A line of the form begins like its boundary");
  EXPECT_EQ(refusal_of(part("email", "x\r\n--bc\r\ny") + "--b--"), "A line of the form begins like its boundary");
  EXPECT_EQ(refusal_of("--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n--b--\r\n"),
            "A part of the form has no end");
  EXPECT_EQ(refusal_of("--b\nContent-Disposition: form-data; name=\"x\"\n\ny\n--b--\n"),
            "A line of the form begins like its boundary");
}

TEST(multipart_body, every_truncation_is_refused) {
  const std::string whole = part("email", "john") + part("password", "doe\r\nx") + "--b--";
  ASSERT_EQ(refusal_of(whole), "accepted");
  for (std::size_t length = 0; length < whole.size(); ++length)
    EXPECT_NE(refusal_of(whole.substr(0, length)), "accepted") << length;
}

TEST(multipart_body, values_are_bytes_between_the_delimiters) {
  for (const std::string value :
       {"", "x", "\r\n", "\r\n\r\n", "--b", "--b--", "\n--b", "a\r\n--", "\t \"'&=%41+", "\xf0\x9f\x94\x91"}) {
    const std::string body = part("email", value) + "--b--\r\n";
    const auto parts = split_multipart(type_b, body);
    if (value.starts_with("--b")) {  // at the start of a line, as far as a part without a body is concerned
      EXPECT_FALSE(parts) << value;
      continue;
    }
    ASSERT_TRUE(parts) << value;
    EXPECT_EQ(parts->front().value, value);
  }
}

TEST(multipart_body, values_must_be_utf_8_without_a_nul) {
  for (const std::string& bad : {std::string("\xff"), std::string("\xc3"), std::string("\xed\xa0\x80"),
                                 std::string("\xc0\xaf"), std::string("a\0b", 3)})
    EXPECT_EQ(refusal_of(part("email", bad) + "--b--"), "A part of the form is not in UTF-8");
}

TEST(multipart_body, a_name_is_one_quoted_parameter) {
  for (const char* good :
       {"Content-Disposition: form-data; name=\"x\"\r\n", "content-disposition:Form-Data;NAME=\"x\"\r\n",
        "Content-Disposition:  form-data ; name=\"x\"  \r\n",
        "Content-Disposition: form-data; name=\"\xc3\xb6;=\"\r\n"})
    EXPECT_EQ(refusal_of(with_headers(good)), "accepted") << good;
  for (const char* bad :
       {"Content-Disposition: form-data; name=x\r\n", "Content-Disposition: form-data; name=\"\"\r\n",
        "Content-Disposition: form-data; name=\"x\r\n", "Content-Disposition: form-data; name=\"x\\\"y\"\r\n",
        "Content-Disposition: form-data; name=\"x\"; name=\"y\"\r\n", "Content-Disposition: form-data; x=\"y\"\r\n",
        "Content-Disposition: attachment; name=\"x\"\r\n", "Content-Disposition: form-data name=\"x\"\r\n",
        "Content-Disposition: form-data; name=\"x\"y\r\n", "Content-Disposition: form-data; name*=UTF-8''x\r\n",
        "Content-Disposition: form-data;\r\n", "Content-Disposition:\r\n"})
    EXPECT_EQ(refusal_of(with_headers(bad)), "A part of the form has no usable Content-Disposition") << bad;
  EXPECT_EQ(refusal_of(with_headers("Content-Disposition: form-data\r\n")), "A part of the form has no name");
  EXPECT_EQ(refusal_of(with_headers("X-Other: y\r\n")), "A part of the form has no name");
}

TEST(multipart_body, headers_of_a_part) {
  const std::string name = "Content-Disposition: form-data; name=\"x\"\r\n";
  for (const char* good : {"", "Content-Type: text/plain\r\n", "Content-Type: text/plain; charset=UTF-8\r\n",
                           "Content-Type: Text/Plain;charset=\"us-ascii\"; format=flowed\r\n",
                           "Content-Transfer-Encoding: 8bit\r\n", "X-Whatever: 1\r\n"})
    EXPECT_EQ(refusal_of(with_headers(name + good)), "accepted") << good;

  for (const char* nested : {"Content-Type: multipart/mixed; boundary=c\r\n", "Content-Type: multipart/form-data\r\n",
                             "Content-Type: application/json\r\n", "Content-Type: text/html\r\n", "Content-Type:\r\n",
                             "Content-Type: text/plain charset=utf-8\r\n"})
    EXPECT_EQ(refusal_of(with_headers(name + nested)), "A part of the form is not text/plain") << nested;
  EXPECT_EQ(refusal_of(with_headers(name + "Content-Type: text/plain; charset=iso-8859-1\r\n")),
            "A part of the form is not in UTF-8");
  for (const char* encoding : {"base64", "quoted-printable", "8bit, 8bit", ""})
    EXPECT_EQ(refusal_of(with_headers(name + "Content-Transfer-Encoding: " + encoding + "\r\n")),
              "A part of the form has a Content-Transfer-Encoding")
        << encoding;
  EXPECT_EQ(refusal_of(with_headers(name + name)), "A part of the form has a header twice");
  EXPECT_EQ(refusal_of(with_headers(name + "Content-Type: text/plain\r\ncontent-type: text/plain\r\n")),
            "A part of the form has a header twice");
  for (const std::string& bad : {std::string(" folded: x\r\n"), std::string("\tfolded: x\r\n"),
                                 std::string("no colon\r\n"), std::string(": x\r\n"), std::string("sp ace: x\r\n"),
                                 std::string("X: a\rb\r\n"), std::string("X: a\nb\r\n"), std::string("X: a\0b\r\n", 8)})
    EXPECT_EQ(refusal_of(with_headers(name + bad)), "A part of the form has a malformed header") << bad;
}

TEST(multipart_body, limits) {
  std::string body;
  for (std::size_t i = 0; i < most_parts; ++i) body += part("x" + std::to_string(i), "");
  EXPECT_EQ(refusal_of(body + "--b--"), "accepted");
  EXPECT_EQ(refusal_of(body + part("y", "") + "--b--"), "The form has too many parts");

  const std::string name = "Content-Disposition: form-data; name=\"x\"\r\n";
  const std::size_t room = most_part_header_bytes - 4 - (name.size() - 2) - 2 - 3;  // CRLF, "X: " and the last CRLFs
  EXPECT_EQ(refusal_of(with_headers(name + "X: " + std::string(room, 'y') + "\r\n")), "accepted");
  EXPECT_EQ(refusal_of(with_headers(name + "X: " + std::string(room + 1, 'y') + "\r\n")),
            "A part of the form has no end of its headers");
}

TEST(multipart_body, fields) {
  const decoded twice = decode_multipart(login, type_b, part("email", "a") + part("email", "b") + "--b--");
  ASSERT_TRUE(twice.why);
  EXPECT_EQ(twice.why->message, "The form has \"email\" twice");
  const decoded other = decode_multipart(
      login, type_b, part("email", "a") + part("other", "1") + part("other", "2") + part("password", "b") + "--b--");
  EXPECT_FALSE(other.why) << "what the table does not have is ignored";
  const decoded missing = decode_multipart(login, type_b, part("email", "") + "--b--");
  ASSERT_TRUE(missing.why);
  ASSERT_EQ(missing.why->fields.size(), 2u);
  EXPECT_EQ(missing.why->fields[0].field, operation::field_id(&input::email));
  EXPECT_EQ(missing.why->fields[0].reason, "is required");
  const decoded broken = decode_multipart(login, "multipart/form-data", "");
  ASSERT_TRUE(broken.why);
  EXPECT_EQ(broken.why->why, operation::refusal::invalid_input);
  EXPECT_EQ(broken.why->message, "The Content-Type has no usable boundary");
}

}  // namespace
}  // namespace gatehouse::dialect
