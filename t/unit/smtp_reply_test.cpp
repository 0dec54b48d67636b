#include <gtest/gtest.h>

#include "base/text.h"
#include "smtp/reply.h"

namespace gatehouse::smtp {

namespace {

std::string text_of(result<std::optional<reply>> next) {
  if (!next) return "ERROR " + next.failure().what;
  return *next ? std::to_string((*next)->code) + ": " + (*next)->text : "MORE";
}

TEST(smtp_reply, replies_of_one_line_and_of_several) {
  struct {
    const char* bytes;
    const char* text;
  } const cases[] = {
      {"250 OK\r\n", "250: 250 OK"},
      {"250 OK\n", "250: 250 OK"},
      {"354\r\n", "354: 354"},
      {"221 \r\n", "221: 221"},
      {"250-mail.test\r\n250-SIZE\r\n250 HELP\r\n", "250: 250 mail.test SIZE HELP"},
      {"550-\r\n550 No\r\n", "550: 550 No"},
      {"", "MORE"},
      {"250", "MORE"},
      {"250 OK\r", "MORE"},
      {"250-OK\r\n", "MORE"},
      {"250-OK\r\n250 ", "MORE"},
      {"\r\n", "ERROR this is no SMTP: \"\""},
      {"OK\r\n", "ERROR this is no SMTP: \"OK\""},
      {"150 OK\r\n", "ERROR this is no SMTP: \"150 OK\""},
      {"650 OK\r\n", "ERROR this is no SMTP: \"650 OK\""},
      {"250OK\r\n", "ERROR this is no SMTP: \"250OK\""},
      {"250-OK\r\nand more\r\n", "ERROR this is no SMTP: \"and more\""},
  };
  for (const auto& each : cases) {
    reply_reader reader;
    reader.add(each.bytes);
    EXPECT_EQ(text_of(reader.next()), each.text) << each.bytes;
  }
}

TEST(smtp_reply, byte_by_byte_and_one_after_the_other) {
  reply_reader reader;
  std::string seen;
  for (const char byte : std::string("250-a\r\n250 b\r\n354 go\r\n")) {
    reader.add({&byte, 1});
    const std::string text = text_of(reader.next());
    if (text != "MORE") seen += text + "|";
  }
  EXPECT_EQ(seen, "250: 250 a b|354: 354 go|");

  reader.add("250 a\r\n421 bye\r\n");
  EXPECT_EQ(text_of(reader.next()), "250: 250 a");
  EXPECT_EQ(text_of(reader.next()), "421: 421 bye");
  EXPECT_EQ(text_of(reader.next()), "MORE");
}

TEST(smtp_reply, an_endless_one_is_an_error) {
  for (const std::string& part : {std::string("x"), "250-" + std::string(996, 'x') + "\r\n"}) {
    reply_reader reader;
    for (std::size_t size = 0; size <= 65536; size += part.size()) reader.add(part);
    EXPECT_EQ(text_of(reader.next()), "ERROR an endless reply");
  }
}

// A greeting of short lines, each looked at as it comes, may not take its square.
TEST(smtp_reply, of_many_lines_it_is_an_error_however_they_come) {
  for (const bool at_once : {true, false}) {
    reply_reader reader;
    std::string seen = "MORE";
    for (int line = 0; line < 128 && seen == "MORE"; ++line) {
      reader.add("220-\n");
      if (!at_once) seen = text_of(reader.next());
    }
    EXPECT_EQ(text_of(reader.next()), "MORE");
    reader.add("220-\n");
    EXPECT_EQ(text_of(reader.next()), "ERROR an endless reply");
  }
  reply_reader reader;
  for (int line = 0; line < 127; ++line) reader.add("250-x\n");
  reader.add("250 x\n250-y\n250 z\n");
  EXPECT_EQ(text_of(reader.next()).substr(0, 12), "250: 250 x x");
  EXPECT_EQ(text_of(reader.next()), "250: 250 y z") << "each is counted for itself";
}

TEST(smtp_reply, what_is_shown_is_short_and_printable) {
  EXPECT_EQ(shown("550 no\r\n\x1B[31m\xFF"), "550 no   [31m\uFFFD");
  for (std::size_t before = 495; before <= 501; ++before) {
    const std::string cut = shown(std::string(before, 'x') + std::string("😀😀😀"));
    EXPECT_LE(cut.size(), 500U);
    EXPECT_GT(cut.size(), 496U);
    EXPECT_TRUE(is_utf8(cut));
  }
}

}  // namespace

}  // namespace gatehouse::smtp
