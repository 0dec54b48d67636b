#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "smtp/message.h"

namespace gatehouse::smtp {

namespace {

using namespace std::string_literals;

message usual() {
  message made;
  made.from = {"Gatehouse", "auth@example.com"};
  made.to = {"Ann", "ann@example.com"};
  made.subject = "Confirm your address";
  made.text = "Hello\n";
  made.html = "<p>Hello</p>\n";
  made.message_id = "0198b7c4-1@example.com";
  made.date = 1767225600;
  return made;
}

std::vector<std::string> lines_of(const std::string& mail) {
  std::vector<std::string> lines;
  std::size_t begin = 0;
  for (std::size_t end = 0; (end = mail.find("\r\n", begin)) != std::string::npos; begin = end + 2) {
    lines.push_back(mail.substr(begin, end - begin));
  }
  if (begin < mail.size()) lines.push_back("NO CRLF: " + mail.substr(begin));
  return lines;
}

// A header's value with its folds undone; every header must be there once.
std::string header(const std::string& mail, const std::string& name) {
  std::string value = "ABSENT";
  int seen = 0;
  bool in_it = false;
  for (const std::string& line : lines_of(mail)) {
    if (line.empty()) break;
    if (line[0] == ' ') {
      if (in_it) value += line;
      continue;
    }
    in_it = line.starts_with(name + ": ");
    if (in_it) value = line.substr(name.size() + 2);
    seen += in_it ? 1 : 0;
  }
  return seen == 1 ? value : "SEEN " + std::to_string(seen) + " TIMES: " + value;
}

std::string from_base64(const std::string& text) {
  std::string bytes(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  EXPECT_GE(size, 0) << text;
  bytes.resize(static_cast<std::size_t>(size - std::count(text.begin(), text.end(), '=')));
  return bytes;
}

// What a reader shows of encoded-words (RFC 2047, 6.2); each has to be text by itself.
std::string decoded(const std::string& value) {
  std::string text;
  std::size_t at = 0;
  const std::string begin = "=?utf-8?B?";
  while (value.compare(at, begin.size(), begin) == 0) {
    const std::size_t end = value.find("?=", at);
    const std::string word = from_base64(value.substr(at + begin.size(), end - at - begin.size()));
    EXPECT_LE(end + 2 - at, 75U);
    EXPECT_TRUE(is_utf8(word)) << "a character is torn apart";
    text += word;
    at = end + 2;
    if (value.compare(at, 1 + begin.size(), " " + begin) == 0) ++at;
  }
  return text + value.substr(at);
}

std::string undo_quoted_printable(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '=') {
      bytes += text[i];
    } else if (text.compare(i, 3, "=\r\n") == 0) {
      i += 2;
    } else {
      bytes += static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    }
  }
  return bytes;
}

std::string body_of(const std::string& mail) { return mail.substr(mail.find("\r\n\r\n") + 4); }

// A text of a mail that has no HTML, after its way through the mail.
std::string text_through(const std::string& text) {
  message what = usual();
  what.text = text;
  what.html.clear();
  const result<std::string> mail = write(what);
  EXPECT_TRUE(mail.ok());
  for (const std::string& line : lines_of(*mail)) EXPECT_LE(line.size(), 76U) << line;
  return undo_quoted_printable(body_of(*mail));
}

std::string written(const message& what) {
  const result<std::string> mail = write(what);
  return mail.ok() ? *mail : "REFUSED: " + mail.failure().what;
}

TEST(smtp_message, the_whole) {
  EXPECT_EQ(written(usual()),
            "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n"
            "From: \"Gatehouse\" <auth@example.com>\r\n"
            "To: \"Ann\" <ann@example.com>\r\n"
            "Subject: Confirm your address\r\n"
            "Message-ID: <0198b7c4-1@example.com>\r\n"
            "MIME-Version: 1.0\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "Content-Type: multipart/alternative; boundary=\"=_parts\"\r\n"
            "\r\n"
            "--=_parts\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "Hello\r\n"
            "--=_parts\r\n"
            "Content-Type: text/html; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n"
            "\r\n"
            "<p>Hello</p>\r\n"
            "--=_parts--\r\n");
}

TEST(smtp_message, text_alone) {
  message what = usual();
  what.html.clear();
  what.from.name.clear();
  EXPECT_EQ(header(written(what), "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(header(written(what), "From"), "auth@example.com");
  EXPECT_EQ(body_of(written(what)), "Hello\r\n");
}

TEST(smtp_message, dates) {
  struct {
    unix_seconds date;
    const char* text;
  } const cases[] = {{0, "Thu, 01 Jan 1970 00:00:00 +0000"},
                     {951827696, "Tue, 29 Feb 2000 12:34:56 +0000"},
                     {1795285567, "Sat, 21 Nov 2026 18:26:07 +0000"},
                     {4102444799, "Thu, 31 Dec 2099 23:59:59 +0000"}};
  for (const auto& each : cases) {
    message what = usual();
    what.date = each.date;
    EXPECT_EQ(header(written(what), "Date"), each.text);
  }
}

TEST(smtp_message, names_in_quotes) {
  struct {
    const char* name;
    const char* line;
  } const cases[] = {
      {"Ann", "\"Ann\" <ann@example.com>"},
      {"Ann B. Cole, Esq. <eve@example.com>", "\"Ann B. Cole, Esq. <eve@example.com>\" <ann@example.com>"},
      {"a\"b\\c", "\"a\\\"b\\\\c\" <ann@example.com>"},
      {"\\", "\"\\\\\" <ann@example.com>"},
      {"\", eve@example.com, \"", "\"\\\", eve@example.com, \\\"\" <ann@example.com>"},
      {"  spaces  ", "\"spaces\" <ann@example.com>"},
      {"   ", "ann@example.com"},
      {"\r\n", "ann@example.com"},
  };
  for (const auto& each : cases) {
    message what = usual();
    what.to.name = each.name;
    EXPECT_EQ(header(written(what), "To"), each.line);
  }
}

TEST(smtp_message, names_and_subjects_in_utf8) {
  for (const std::string& text :
       {"Jürgen Müller"s, "Ünal"s, "山田太郎"s, "Ёлка"s, "😀"s, "👨‍👩‍👧‍👦 family"s, "=?utf-8?B?ZXZl?="s,
        "x =? y"s, std::string(300, 'a'), "e\u0301"s, "\uFFFD"s}) {
    message what = usual();
    what.from.name = what.to.name = what.subject = text;
    const std::string mail = written(what);
    EXPECT_EQ(decoded(header(mail, "Subject")), text);
    EXPECT_EQ(decoded(header(mail, "From")), text + " <auth@example.com>");
    EXPECT_EQ(decoded(header(mail, "To")), text + " <ann@example.com>");
  }
}

TEST(smtp_message, no_character_is_torn_apart_wherever_a_word_ends) {
  for (const std::string& character : {"ä"s, "€"s, "😀"s}) {
    for (std::size_t before = 0; before < 120; ++before) {
      message what = usual();
      what.subject = std::string(before, 'x') + character + std::string(before % 7, 'y') + character + character;
      EXPECT_EQ(decoded(header(written(what), "Subject")), what.subject);
    }
  }
}

TEST(smtp_message, all_is_ascii_in_lines_of_76_characters) {
  message what = usual();
  for (int i = 0; i < 400; ++i) what.subject += "ä €😀"[i % 4] == ' ' ? " " : "ä€😀";
  what.from.name = what.to.name = what.subject;
  what.text = what.html = what.subject + "\n" + std::string(5000, '=') + "\n" + std::string(5000, ' ') + "\nend";
  for (std::size_t length = 1; length < 120; ++length) {
    what.subject = std::string(length, 's');
    what.to.name = std::string(length, '"');
    for (const std::string& line : lines_of(written(what))) {
      EXPECT_LE(line.size(), 76U) << line;
      EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; })) << line;
    }
  }
}

TEST(smtp_message, the_longest_address_has_a_line_of_its_own) {
  message what = usual();
  what.to.address = std::string(64, 'l') + "@";
  while (what.to.address.size() < 240) what.to.address += std::string(60, 'd') + ".";
  what.to.address += "eu";
  ASSERT_TRUE(is_address(what.to.address));
  for (const char* name : {"", "Ann", "Jürgen"}) {
    what.to.name = name;
    EXPECT_TRUE(header(written(what), "To").ends_with(what.to.address + (*name != '\0' ? ">" : "")));
    for (const std::string& line : lines_of(written(what))) EXPECT_LE(line.size(), 998U);
  }
}

// Whatever stands in a name or the subject, the mail has the headers that it always has.
TEST(smtp_message, header_injection_is_impossible) {
  const std::vector<std::string> expected = {"Date",         "From",           "To",          "Subject", "Message-ID",
                                             "MIME-Version", "Auto-Submitted", "Content-Type"};
  const std::string attacks[] = {
      "x\r\nBcc: eve@example.com",
      "x\nBcc: eve@example.com",
      "x\rBcc: eve@example.com",
      "x\n\rBcc: eve@example.com",
      "x\r\n\r\n<script>alert(1)</script>",
      "\r\nBcc: eve@example.com\r\n",
      "x\0\r\nBcc: eve@example.com"s,
      "\0"s,
      "x\vBcc: eve@example.com",
      "x\fBcc: eve@example.com",
      "x\x1C\x1D\x1E\x1F\x7F"
      "Bcc: eve@example.com",
      "x\u0085Bcc: eve@example.com",
      "x\u2028Bcc: eve@example.com",
      "x\u2029Bcc: eve@example.com",
      "x\x85"
      "Bcc: eve@example.com",
      "x\xC0\x8D\xC0\x8A"
      "Bcc: eve@example.com",
      "x\xE5\x98\x8A\xE5\x98\x8D"
      "Bcc: eve@example.com",  // cut to their last bytes these are CR and LF
      std::string(37, 'x') + "ä\r\nBcc: eve@example.com",
      std::string(200, 'x') + "\r\n Bcc: eve@example.com",
      "=?utf-8?Q?x=0D=0ABcc:_eve@example.com?=",
      "\\\r\nBcc: eve@example.com",
      "\"\r\nBcc: eve@example.com",
      "\xFF\xFE\r\0\n\0"s,
  };
  for (const std::string& attack : attacks) {
    message what = usual();
    what.from.name = what.to.name = what.subject = attack;
    const std::string mail = written(what);
    std::vector<std::string> names;
    for (const std::string& line : lines_of(mail)) {
      if (line.empty()) break;
      EXPECT_TRUE(std::all_of(line.begin(), line.end(), [](char c) { return c >= ' ' && c <= '~'; })) << line;
      if (line[0] != ' ') names.push_back(line.substr(0, line.find(':')));
    }
    EXPECT_EQ(names, expected) << testing::PrintToString(attack);
    EXPECT_EQ(body_of(mail), body_of(written(usual())));
    for (const char* each : {"From", "To", "Subject"}) {
      const std::string shown = decoded(header(mail, each));
      EXPECT_FALSE(has_control_character(shown)) << shown;
      EXPECT_TRUE(is_utf8(shown));
      EXPECT_EQ(shown.find("\u2028"), std::string::npos);
    }
  }
}

TEST(smtp_message, one_recipient_at_most) {
  for (const std::string& address : {""s,
                                     "ann"s,
                                     "@"s,
                                     "ann@"s,
                                     "@example.com"s,
                                     "ann@example.com,eve@example.com"s,
                                     "ann@example.com, eve@example.com"s,
                                     "ann@example.com;eve@example.com"s,
                                     "ann@example.com eve@example.com"s,
                                     "ann@example.com\r\nBcc: eve@example.com"s,
                                     "ann@example.com\n"s,
                                     "\rann@example.com"s,
                                     "ann@example.com\0"s,
                                     "ann\0@example.com"s,
                                     "<ann@example.com>"s,
                                     "ann@example.com>"s,
                                     "Ann <ann@example.com>"s,
                                     "\"ann\"@example.com"s,
                                     "\"a b\"@example.com"s,
                                     "ann@[127.0.0.1]"s,
                                     "ann(comment)@example.com"s,
                                     "ann@@example.com"s,
                                     "ann@eve@example.com"s,
                                     ".ann@example.com"s,
                                     "ann.@example.com"s,
                                     "an..n@example.com"s,
                                     "ann@.example.com"s,
                                     "ann@example..com"s,
                                     "ann@example.com."s,
                                     "ann@-example.com"s,
                                     "ann@example-.com"s,
                                     "ann@exa_mple.com"s,
                                     "ännchen@example.com"s,
                                     "ann@exämple.com"s,
                                     "ann@ехample.com"s,
                                     "ann\u200B@example.com"s,
                                     "ann@example\u3002com"s,
                                     "ann%0d%0a@example.com\t"s,
                                     "ann\\@example.com"s,
                                     "ann:eve@example.com"s,
                                     std::string(65, 'a') + "@example.com",
                                     "a@" + std::string(64, 'b') + ".com",
                                     "a@" + std::string(250, 'b') + ".c"}) {
    EXPECT_FALSE(is_address(address)) << testing::PrintToString(address);
    message what = usual();
    what.to.address = address;
    EXPECT_EQ(written(what), "REFUSED: the recipient's address cannot be written in a mail");
    what = usual();
    what.from.address = address;
    EXPECT_EQ(written(what), "REFUSED: the sender's address cannot be written in a mail");
    what = usual();
    what.message_id = address;
    EXPECT_EQ(written(what), "REFUSED: the Message-ID cannot be written in a mail");
  }
  for (const std::string& address :
       {"ann@example.com"s, "a@b"s, "o'hara+tag@sub.example.co"s, "!#$%&'*+-/=?^_`{|}~@example.com"s, "1@2.example"s,
        std::string(64, 'a') + "@example.com", "a@xn--exmple-cua.com"s}) {
    EXPECT_TRUE(is_address(address)) << address;
  }
}

TEST(smtp_message, bodies_arrive_as_they_were_written) {
  const std::string texts[] = {
      "Hello\r\n",
      "ä€😀\r\n",
      ".\r\n",
      "..\r\n.hidden\r\n",
      "From here\r\n",
      "a=b=3D\r\n",
      "\r\n\r\n\r\n",
      "--=_parts\r\n",
      "--=_parts--\r\n",
      "https://example.com/verify?token=abc_DEF-123&x=1\r\n",
      std::string(998, 'x') + "\r\n",
      std::string(5000, '=') + "\r\n",
      "trailing space \r\n",
      "  \r\n",
  };
  for (const std::string& text : texts) EXPECT_EQ(text_through(text), text);
  for (std::size_t length = 60; length < 90; ++length) {
    for (const char* end : {"", "=", " ", "ä", "😀", "\u00A0"}) {
      const std::string text = std::string(length, 'x') + end + "\r\n";
      EXPECT_EQ(text_through(text), text);
    }
  }
}

TEST(smtp_message, lines_end_with_crlf_whatever_they_ended_with) {
  EXPECT_EQ(text_through("a\nb\r\nc\rd"), "a\r\nb\r\nc\r\nd\r\n");
  EXPECT_EQ(text_through("a\n\n\rb\n"), "a\r\n\r\n\r\nb\r\n");
  EXPECT_EQ(text_through(""), "");
}

TEST(smtp_message, no_space_ends_a_line_and_no_part_ends_early) {
  message what = usual();
  what.text = what.html = "--=_parts--\r\nspace \n" + std::string(200, ' ') + "\n=_parts\n";
  const std::vector<std::string> lines = lines_of(body_of(written(what)));
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "--=_parts"), 2);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "--=_parts--"), 1);
  EXPECT_EQ(lines.back(), "--=_parts--");
  for (const std::string& line : lines) EXPECT_FALSE(line.ends_with(' ')) << line;
}

TEST(smtp_message, bodies_have_no_control_characters_and_are_utf8) {
  EXPECT_EQ(text_through("a\0b\x01\tc\x7F\xFF\u0085\u2028"s), "a b  c \uFFFD  \r\n");
}

}  // namespace

}  // namespace gatehouse::smtp
