#include <gtest/gtest.h>

#include "account/email.h"

namespace gatehouse::account {

namespace {

using namespace std::string_literals;

TEST(account_email, what_was_typed_is_kept_and_case_does_not_tell_apart) {
  const result<email> parsed = email::parse("Ann.Lee+News@Example.COM");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->as_typed(), "Ann.Lee+News@Example.COM");
  EXPECT_EQ(parsed->canonical(), "ann.lee+news@example.com");
}

TEST(account_email, accepted) {
  const std::string label63(63, 'a');
  for (const std::string& typed : {
           "a@b.co"s,
           "!#$%&'*+-/=?^_`{|}~@example.org"s,
           "a.b.c@d.e.f"s,
           "-@example.org"s,
           "user@xn--bcher-kva.example"s,
           "user@a--b.example"s,
           "user@1and1.example"s,
           "user@123.com"s,
           "user@example.c0m"s,
           std::string(64, 'x') + "@example.org",
           "x@" + label63 + ".org",
           std::string(60, 'x') + "@" + label63 + "." + label63 + "." + label63 + ".a",
       }) {
    const result<email> parsed = email::parse(typed);
    ASSERT_TRUE(parsed.ok()) << typed << ": " << parsed.failure().what;
    EXPECT_EQ(parsed->as_typed(), typed);
  }
}

TEST(account_email, refused) {
  const std::string label63(63, 'a');
  for (const std::string& typed : {
           ""s,
           "@"s,
           "a"s,
           "a@"s,
           "@example.org"s,
           "a@b"s,
           "a.example.org"s,
           ".a@example.org"s,
           "a.@example.org"s,
           "a..b@example.org"s,
           "a@b@example.org"s,
           "a@.example.org"s,
           "a@example..org"s,
           "a@example.org."s,
           "a@-example.org"s,
           "a@example-.org"s,
           "a@example.-org"s,
           "a@example.org-"s,
           "a@exa_mple.org"s,
           "a@exam!ple.org"s,
           "a@[192.0.2.1]"s,
           "a@[IPv6:2001:db8::1]"s,
           "a@192.0.2.1"s,
           "\"a\"@example.org"s,
           "\"a b\"@example.org"s,
           "a\\@b@example.org"s,
           "(comment)a@example.org"s,
           "a@example.org(comment)"s,
           "Ann <a@example.org>"s,
           "a,b@example.org"s,
           "a;b@example.org"s,
           " a@example.org"s,
           "a@example.org "s,
           "a @example.org"s,
           "a@ example.org"s,
           "a\t@example.org"s,
           "a@example.org\n"s,
           "a@example.org\r\nBcc: b@example.org"s,
           "a\0@example.org"s,
           "a@example.org\0"s,
           "a\x7f@example.org"s,
           "b\xc3\xbc"
           "cher@example.org"s,
           "a@b\xc3\xbc"
           "cher.example"s,
           std::string(65, 'x') + "@example.org",
           "x@" + label63 + "a.org",
           std::string(61, 'x') + "@" + label63 + "." + label63 + "." + label63 + ".a",
       }) {
    const result<email> parsed = email::parse(typed);
    ASSERT_FALSE(parsed.ok()) << typed;
    EXPECT_EQ(parsed.failure().kind, fault::invalid);
    EXPECT_FALSE(parsed.failure().what.empty());
  }
}

}  // namespace

}  // namespace gatehouse::account
