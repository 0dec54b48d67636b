// Set-Cookie, as each of our cookies is written.
#include <gtest/gtest.h>

#include <stdexcept>

#include "gate/cookie_pair.h"
#include "gate/handle_cookie.h"
#include "gate/set_cookie.h"

namespace gatehouse::gate {
namespace {

cookie named(std::string name, std::string value = "v") { return {.name = std::move(name), .value = std::move(value)}; }

TEST(set_cookie, without_more_it_is_as_safe_as_a_cookie_can_be) {
  EXPECT_EQ(set_cookie(named("a", "b")), "a=b; Path=/; HttpOnly; Secure; SameSite=Lax");
}

// Every combination of what there is to say, against a second writer that is a list of pieces.
TEST(set_cookie, says_each_attribute_where_it_is_wanted_and_always_in_one_order) {
  for (const char* domain : {"", "example.com"}) {
    for (const bool http_only : {false, true}) {
      for (const bool secure : {false, true}) {
        for (const char* same_site : {"Strict", "Lax", "None"}) {
          for (const int lifetime : {-1, 0, 1, 2592000}) {
            cookie said = named("a", "b");
            said.domain = domain;
            said.http_only = http_only;
            said.secure = secure;
            said.same_site = same_site;
            if (lifetime >= 0) said.lifetime = seconds(lifetime);
            std::string expected = "a=b; Path=/";
            if (*domain != '\0') expected += "; Domain=example.com";
            if (http_only) expected += "; HttpOnly";
            if (secure) expected += "; Secure";
            expected += "; SameSite=" + std::string(same_site);
            const std::string attributes = expected.substr(3);
            if (lifetime >= 0) expected += "; Max-Age=" + std::to_string(lifetime);
            EXPECT_EQ(set_cookie(said), expected);
            EXPECT_EQ(clear_cookie(said), "a=" + attributes + "; Max-Age=0");
            said.cleared_by_date = true;
            EXPECT_EQ(set_cookie(said), expected);
            EXPECT_EQ(clear_cookie(said), "a=" + attributes + "; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
          }
        }
      }
    }
  }
}

TEST(set_cookie, has_the_host_prefix_wherever_a_browser_would_keep_it) {
  EXPECT_EQ(cookie_name("a", true), "__Host-a");
  EXPECT_EQ(cookie_name("a", false), "a");
  EXPECT_EQ(cookie_name("a", true, "example.com"), "a");
  EXPECT_EQ(cookie_name("a", false, "example.com"), "a");
}

TEST(set_cookie, requirement_39_a_cookie_that_no_browser_would_keep_is_a_defect) {
  for (const char* name : {"__Host-a", "__host-a", "__HOST-a"}) {
    cookie said = named(name);
    EXPECT_EQ(set_cookie(said), std::string(name) + "=v; Path=/; HttpOnly; Secure; SameSite=Lax");
    said.secure = false;
    EXPECT_THROW(set_cookie(said), std::logic_error);
    EXPECT_THROW(clear_cookie(said), std::logic_error);
    said.secure = true;
    said.domain = "example.com";
    EXPECT_THROW(set_cookie(said), std::logic_error);
    EXPECT_THROW(clear_cookie(said), std::logic_error);
  }
}

TEST(set_cookie, a_prefix_is_known_whatever_its_case) {
  for (const char* name : {"__Host-", "__Host-a", "__HOST-a", "__Secure-", "__secure-a"}) {
    EXPECT_TRUE(has_cookie_prefix(name)) << name;
  }
  for (const char* name : {"", "a", "__", "__Host", "_Host-a", "Host-a", "a__Host-"}) {
    EXPECT_FALSE(has_cookie_prefix(name)) << name;
  }
}

// A browser takes only a cookie of the same name, path and domain for the same.
TEST(set_cookie, the_pair_clears_what_it_has_set) {
  const auto without_value = [](const std::string& header) {
    const std::string name = header.substr(0, header.find('=') + 1);
    const std::size_t begin = header.find(';');
    return name + header.substr(begin, header.find("; Max-Age") - begin);
  };
  for (const bool secure : {false, true}) {
    for (const char* domain : {"", "example.com"}) {
      const cookie_pair pair("gh", secure, domain);
      const std::vector<std::string> access = pair.set_access(std::string(6000, 't'), seconds(60));
      ASSERT_EQ(access.size(), 2U);
      EXPECT_EQ(without_value(access[0]), without_value(pair.clear()[0]));
      EXPECT_EQ(without_value(access[1]), without_value(pair.clear_access_rest()));
      EXPECT_EQ(without_value(pair.set_refresh("r", seconds(60))), without_value(pair.clear()[1]));
    }
  }
}

TEST(set_cookie, the_handle_is_cleared_by_a_date) {
  const handle_cookie handle("uuid", true);
  EXPECT_EQ(handle.set("0f", seconds(60)), "uuid=0f; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60");
  EXPECT_EQ(handle.set("0f", std::nullopt), "uuid=0f; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(handle.clear(), "uuid=; Path=/; HttpOnly; Secure; SameSite=Lax; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
}

}  // namespace
}  // namespace gatehouse::gate
