#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "password/policy.h"

namespace gatehouse::password {

namespace {

using namespace std::string_literals;

blocklist some_list() {
  std::string path = testing::TempDir() + "gatehouse-policy-XXXXXX";
  const int file = mkstemp(path.data());
  EXPECT_GE(file, 0);
  close(file);
  std::ofstream(path) << "password\ntrustno1\nпароль12\n";
  result<blocklist> loaded = blocklist::load(path);
  unlink(path.c_str());
  EXPECT_TRUE(loaded.ok());
  return std::move(*loaded);
}

const owner ada{"Ada Lovelace", "ada.lovelace@example.com", "countess-ada"};

std::optional<rule> broken(const std::string& password, std::size_t min_length = 8) {
  static const blocklist list = some_list();
  settings rules;
  rules.min_length = min_length;
  const std::optional<violation> found = check(secret(password), ada, rules, list);
  if (!found) return std::nullopt;
  EXPECT_FALSE(found->text.empty());
  return found->broken;
}

TEST(password_policy, requirement_45_length_is_counted_in_code_points) {
  EXPECT_EQ(broken(""), rule::too_short);
  EXPECT_EQ(broken("aaaaaaa"), rule::too_short);
  EXPECT_EQ(broken("aaaaaaab"), std::nullopt);
  EXPECT_EQ(broken("ééééééé"), rule::too_short);         // 7 of them, 14 bytes
  EXPECT_EQ(broken("éééééééé"), std::nullopt);           // 8
  EXPECT_EQ(broken("密码密码密码密"), rule::too_short);  // 7, 21 bytes
  EXPECT_EQ(broken("密码密码密码密码"), std::nullopt);
  EXPECT_EQ(broken("😀😀😀😀😀😀😀"), rule::too_short);  // 7, 28 bytes
  EXPECT_EQ(broken("😀😀😀😀😀😀😀😀"), std::nullopt);
  EXPECT_EQ(broken("e\u0301e\u0301e\u0301e\u0301"), std::nullopt);                   // 4 letters, 8 code points
  EXPECT_EQ(broken("\U0001F468\u200D\U0001F469\u200D\U0001F467abc"), std::nullopt);  // a family and 3 letters
  EXPECT_EQ(broken("\U0001F468\u200D\U0001F469\u200D\U0001F467ab"), rule::too_short);
}

TEST(password_policy, requirement_45_the_minimum_is_the_realms) {
  EXPECT_EQ(broken(std::string(14, 'a'), 15), rule::too_short);
  EXPECT_EQ(broken(std::string(15, 'a'), 15), std::nullopt);
  EXPECT_EQ(broken(std::string(63, 'a'), 64), rule::too_short);
  EXPECT_EQ(broken(std::string(64, 'a'), 64), std::nullopt);
}

TEST(password_policy, requirement_46_up_to_1024_bytes_are_accepted) {
  EXPECT_EQ(broken(std::string(64, 'a')), std::nullopt);
  EXPECT_EQ(broken(std::string(1024, 'a')), std::nullopt);
  EXPECT_EQ(broken(std::string(1025, 'a')), rule::too_long);
  EXPECT_EQ(broken(std::string(100000, 'a')), rule::too_long);
  std::string wide;
  for (int i = 0; i < 256; ++i) wide += "😀";
  EXPECT_EQ(broken(wide), std::nullopt);  // 1024 bytes
  EXPECT_EQ(broken(wide + "a"), rule::too_long);
}

TEST(password_policy, requirement_47_nothing_is_asked_of_the_composition) {
  for (const char* good : {"aaaaaaaa", "12345679", "        ", "correct horse battery staple", "SecurePass123",
                           "mysecretpass", "\t\t\t\t\t\t\t\t", "........", "пароли123", "p4ssphr4se"}) {
    EXPECT_EQ(broken(good), std::nullopt) << good;
  }
}

TEST(password_policy, requirement_48_the_blocklist_matches_whole_and_in_any_case) {
  for (const char* bad : {"password", "PASSWORD", "pAsSwOrD", "trustno1", "TrustNo1", "пароль12"}) {
    EXPECT_EQ(broken(bad), rule::blocked) << bad;
  }
  for (const char* good : {"xpassword", "password password", "pass word", "trustnobody1"}) {
    EXPECT_EQ(broken(good), std::nullopt) << good;
  }
}

// Issue 10.17.
TEST(password_policy, requirement_48_a_disguise_of_an_entry_is_that_entry) {
  for (const char* bad : {"password1", "password123", "Password1!", "p@ssw0rd", "P@$$w0rd2024", "passw0rd", "PA55WORD",
                          "123password", "!!password!!", "password ", " password", "Trustno1!", "$password$"}) {
    EXPECT_EQ(broken(bad), rule::blocked) << bad;
  }
  for (const char* good : {"password830194726", "password correct horse 1", "correct-horse-battery-staple",
                           "SecurePass123", "12345678901", "p-a-s-s-w-o-r-d", "!!!!!!!!!", "пароли12345"}) {
    EXPECT_EQ(broken(good), std::nullopt) << good;
  }
}

TEST(password_policy, an_empty_blocklist_forbids_nothing) {
  EXPECT_EQ(check(secret("password"), ada, settings{}, blocklist{}), std::nullopt);
}

TEST(password_policy, requirement_48_the_owners_names_are_not_passwords) {
  for (const char* bad : {"Ada Lovelace", "ada lovelace", "ADA LOVELACE", "ada.lovelace@example.com",
                          "Ada.Lovelace@Example.COM", "ada.lovelace", "ADA.LOVELACE", "countess-ada", "Countess-Ada"}) {
    EXPECT_EQ(broken(bad), rule::own_name) << bad;
  }
  for (const char* good : {"AdaLovelace", "lovelace", "Ada Lovelace1", "ada.lovelace@", "@example.com", "example.com",
                           "ada.lovelace@example.org"}) {
    EXPECT_EQ(broken(good), std::nullopt) << good;
  }
}

TEST(password_policy, names_that_are_absent_or_odd_forbid_nothing_else) {
  EXPECT_EQ(check(secret("any password"), owner{}, settings{}, blocklist{}), std::nullopt);
  const owner odd{"", "\"odd@local\"@example.com", ""};
  EXPECT_TRUE(check(secret("\"odd@local\""), odd, settings{}, blocklist{}).has_value());
  EXPECT_FALSE(check(secret("odd@local"), odd, settings{}, blocklist{}).has_value());
  const owner without_at{"", "ada.lovelace", ""};
  EXPECT_TRUE(check(secret("ada.lovelace"), without_at, settings{}, blocklist{}).has_value());
}

TEST(password_policy, requirement_49_a_nul_is_a_character_like_another) {
  EXPECT_EQ(broken("pass\0wor"s), std::nullopt);
  EXPECT_EQ(broken("password\0"s), std::nullopt);
  EXPECT_EQ(broken("Ada Lovelace\0"s), std::nullopt);
  EXPECT_EQ(broken("1234567\0"s), std::nullopt);
  EXPECT_EQ(broken(std::string(7, '\0')), rule::too_short);
}

TEST(password_policy, what_is_not_utf8_is_refused) {
  for (const std::string& bad : {"caf\xE9 au lait"s, "password\xFF"s, "\xED\xA0\x80 surrogate"s, "overlong \xC0\xAF"s,
                                 "cut short \xF0\x9F\x98"s}) {
    EXPECT_EQ(broken(bad), rule::utf8) << testing::PrintToString(bad);
  }
}

TEST(password_policy, the_text_says_what_to_do_and_never_the_password) {
  settings rules;
  rules.min_length = 15;
  EXPECT_EQ(check(secret("hunter2"), ada, rules, blocklist{})->text, "must have at least 15 characters");
  EXPECT_EQ(check(secret(std::string(2000, 'a')), ada, rules, blocklist{})->text, "must have at most 1024 bytes");
}

}  // namespace

}  // namespace gatehouse::password
