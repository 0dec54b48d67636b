#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "password/blocklist.h"

namespace gatehouse::password {

namespace {

using namespace std::string_literals;

class password_blocklist : public testing::Test {
 protected:
  password_blocklist() {
    std::string name = testing::TempDir() + "gatehouse-blocklist-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~password_blocklist() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) {
    const std::string path = folder_ + "/list.txt";
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  blocklist load(const std::string& text) {
    result<blocklist> loaded = blocklist::load(write(text));
    EXPECT_TRUE(loaded.ok()) << loaded.failure().what;
    return std::move(*loaded);
  }
  // The error of what should not load; it always names the file and a way out.
  static std::string refusal(const std::string& path) {
    const result<blocklist> loaded = blocklist::load(path);
    if (loaded.ok()) return "loaded";
    EXPECT_EQ(loaded.failure().kind, fault::invalid);
    EXPECT_NE(loaded.failure().what.find(path), std::string::npos);
    EXPECT_NE(loaded.failure().what.find("blocklist=off"), std::string::npos);
    return loaded.failure().what;
  }

  std::string folder_;
};

TEST_F(password_blocklist, requirement_48_an_entry_is_found_in_any_case_and_only_whole) {
  const blocklist list = load("password\nLetMeIn1\nqwertyuiop\n");
  EXPECT_EQ(list.size(), 3U);
  for (const char* blocked : {"password", "PASSWORD", "PassWord", "letmein1", "LETMEIN1", "qwertyuiop"}) {
    EXPECT_TRUE(list.contains(blocked)) << blocked;
  }
  for (const char* free : {"", "passwor", "password1", "1password", " password", "password ", "passw0rd", "qwerty",
                           "mysecretpass", "SecurePass123", "passwordletmein1", "letmein1password"}) {
    EXPECT_FALSE(list.contains(free)) << free;
  }
  EXPECT_FALSE(list.contains("password\0"s));
}

TEST_F(password_blocklist, an_empty_one_holds_nothing) {
  const blocklist list;
  EXPECT_EQ(list.size(), 0U);
  EXPECT_FALSE(list.contains(""));
  EXPECT_FALSE(list.contains("password"));
}

TEST_F(password_blocklist, every_entry_of_a_long_list_is_found) {
  std::string text;
  for (int i = 0; i < 2000; ++i) text += "Entry" + std::to_string(i * 7919 % 2000) + "\n";
  const blocklist list = load(text);
  EXPECT_EQ(list.size(), 2000U);
  for (int i = 0; i < 2000; ++i) EXPECT_TRUE(list.contains("eNTRY" + std::to_string(i))) << i;
  EXPECT_FALSE(list.contains("entry2000"));
  EXPECT_FALSE(list.contains("entry"));
}

TEST_F(password_blocklist, comments_and_empty_lines_are_dropped_and_other_lines_taken_whole) {
  const blocklist list = load("#!comment: of John\n\n#hashtag1\n# not one\ntwo words\n tail \n\n\n");
  EXPECT_EQ(list.size(), 4U);
  EXPECT_TRUE(list.contains("#hashtag1"));
  EXPECT_TRUE(list.contains("# not one"));
  EXPECT_TRUE(list.contains("two words"));
  EXPECT_TRUE(list.contains(" tail "));
  EXPECT_FALSE(list.contains("tail"));
  EXPECT_FALSE(list.contains("#!comment: of John"));
  EXPECT_FALSE(list.contains(""));
}

TEST_F(password_blocklist, line_ends_a_byte_order_mark_and_a_missing_last_end_are_tolerated) {
  const blocklist list = load("\xEF\xBB\xBFpassword\r\nletmein1\r\nqwertyuiop");
  EXPECT_EQ(list.size(), 3U);
  EXPECT_TRUE(list.contains("password"));
  EXPECT_TRUE(list.contains("letmein1"));
  EXPECT_TRUE(list.contains("qwertyuiop"));
}

TEST_F(password_blocklist, an_entry_written_twice_in_whatever_case_counts_once) {
  EXPECT_EQ(load("password\nPassword\nPASSWORD\npassword\n").size(), 1U);
}

TEST_F(password_blocklist, what_no_password_can_be_is_left_out) {
  const std::string longest(1024, 'a');
  const blocklist list = load("caf\xE9 latin\n" + longest + "\n" + longest + "a\nпароль12\n");
  EXPECT_EQ(list.size(), 2U);
  EXPECT_TRUE(list.contains(longest));
  EXPECT_TRUE(list.contains("пароль12"));
}

TEST_F(password_blocklist, an_unusable_file_is_refused_by_name) {
  EXPECT_NE(refusal(folder_ + "/absent.txt").find("No such file"), std::string::npos);
  EXPECT_NE(refusal(folder_).find("not a regular file"), std::string::npos);
  EXPECT_NE(refusal("/dev/null").find("not a regular file"), std::string::npos);
  EXPECT_NE(refusal(write("")).find("no entry"), std::string::npos);
  EXPECT_NE(refusal(write("\n\r\n#!comment: nothing\n")).find("no entry"), std::string::npos);
  EXPECT_NE(refusal(write("password\nlet\0mein\n"s)).find("NUL"), std::string::npos);
  EXPECT_NE(refusal(write("\xFF\xFEp\0a\0"s)).find("NUL"), std::string::npos);  // UTF-16
}

TEST_F(password_blocklist, a_fifo_is_refused_without_waiting_for_a_writer) {
  const std::string path = folder_ + "/fifo";
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  EXPECT_NE(refusal(path).find("not a regular file"), std::string::npos);
}

TEST_F(password_blocklist, an_unreadable_file_is_refused) {
  if (geteuid() == 0) GTEST_SKIP() << "root reads everything";
  const std::string path = write("password\n");
  ASSERT_EQ(chmod(path.c_str(), 0), 0);
  EXPECT_NE(refusal(path).find("Permission denied"), std::string::npos);
}

TEST_F(password_blocklist, a_huge_file_is_refused_unread) {
  const std::string path = write("password\n");
  std::filesystem::resize_file(path, 64 * 1024 * 1024 + 1);
  EXPECT_NE(refusal(path).find("larger than 64 MiB"), std::string::npos);
}

// The documents' own passwords pass with Debian's lists, `password` does not.
TEST_F(password_blocklist, requirement_48_debians_lists_forbid_enough_and_not_the_documents_passwords) {
  std::string text;
  for (const char* path : {"/usr/share/john/password.lst", "/usr/share/dict/cracklib-small"}) {
    std::ifstream file(path, std::ios::binary);
    if (!file) GTEST_SKIP() << path << " is not installed";
    text.append(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  const blocklist list = load(text);
  EXPECT_GT(list.size(), 50000U);
  EXPECT_TRUE(list.contains("password"));
  EXPECT_TRUE(list.contains("trustno1"));
  EXPECT_FALSE(list.contains("SecurePass123"));
  EXPECT_FALSE(list.contains("mysecretpass"));
}

}  // namespace

}  // namespace gatehouse::password
