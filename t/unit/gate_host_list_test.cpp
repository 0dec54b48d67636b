// The hosts of a realm: which origins are theirs, and which one a host is known by.
#include <gtest/gtest.h>

#include "gate/host_list.h"

namespace gatehouse::gate {
namespace {

constexpr const char* login_host = "https://login.example.com";

host_list with(std::initializer_list<std::string_view> words, std::string_view as = login_host) {
  host_list all;
  for (const std::string_view word : words) EXPECT_TRUE(all.add(word, as)) << word;
  return all;
}

TEST(host_name, is_in_lower_case_without_port_and_dot) {
  EXPECT_EQ(host_name("App.Example.COM:8443"), "app.example.com");
  EXPECT_EQ(host_name("app.example.com."), "app.example.com");
  EXPECT_EQ(host_name("[::1]:80"), "[::1]");
  EXPECT_EQ(host_name("https://app.example.com:1"), "app.example.com");
  EXPECT_EQ(host_name(""), "");
}

TEST(host_name, is_compared_whole) {
  EXPECT_TRUE(is_host_of("APP.example.com:80", "app.example.com"));
  EXPECT_TRUE(is_host_of("app.example.com.", "app.example.com"));
  EXPECT_FALSE(is_host_of("app.example.com.evil", "app.example.com"));
  EXPECT_FALSE(is_host_of("", "app.example.com"));
}

TEST(host_list, a_name_is_served_as_the_login_host_is) {
  const host_list all = with({"app.example.com"});
  EXPECT_TRUE(all.contains("https://app.example.com"));
  EXPECT_FALSE(all.contains("http://app.example.com"));
  EXPECT_FALSE(all.contains("https://app.example.com:8443"));
  EXPECT_TRUE(with({"app.example.com"}, "http://login:8080").contains("http://app.example.com:8080"));
}

TEST(host_list, an_origin_is_served_as_it_says) {
  const host_list all = with({"https://app.example.com:8443"});
  EXPECT_TRUE(all.contains("https://app.example.com:8443"));
  EXPECT_FALSE(all.contains("https://app.example.com"));
}

TEST(host_list, a_wildcard_is_for_names_below) {
  const host_list all = with({"*.apps.example.com"});
  EXPECT_TRUE(all.contains("https://a.apps.example.com"));
  EXPECT_TRUE(all.contains("https://a.b.apps.example.com"));
  for (const char* other :
       {"https://apps.example.com", "https://.apps.example.com", "https://evilapps.example.com",
        "https://a.apps.example.com.evil", "http://a.apps.example.com", "https://*.apps.example.com",
        "https://a.apps.example.com:8443", "https://a.apps.example.com/", "https://x@a.apps.example.com"}) {
    EXPECT_FALSE(all.contains(other)) << other;
  }
}

TEST(host_list, refuses_what_is_none) {
  host_list all;
  for (const char* word : {"", "*", "*.", "app/", "https://", "ftp://app", "a b", "*.*.example.com", "app:0", "app:x",
                           "https://app:443", "x@app", "*app.example.com"}) {
    EXPECT_FALSE(all.add(word, login_host)) << word;
  }
}

TEST(host_list, a_server_is_known_as_it_listens) {
  host_list all;
  all.add_server("app.example.com", true, 443, login_host);
  all.add_server("wiki.example.com", true, 8443, login_host);
  all.add_server("plain.example.com", false, 80, login_host);
  EXPECT_TRUE(all.contains("https://app.example.com"));
  EXPECT_TRUE(all.contains("https://wiki.example.com:8443"));
  EXPECT_TRUE(all.contains("https://plain.example.com")) << "a front before it ends TLS";
  EXPECT_FALSE(all.contains("http://plain.example.com"));

  host_list plain;
  plain.add_server("app.example.com", false, 8080, "http://login.example.com");
  EXPECT_TRUE(plain.contains("http://app.example.com:8080"));
}

TEST(host_list, the_directive_goes_before_the_server) {
  host_list all = with({"https://app.example.com:9443"});
  all.add_server("app.example.com", false, 8080, login_host);
  EXPECT_TRUE(all.contains("https://app.example.com:9443"));
  EXPECT_FALSE(all.contains("https://app.example.com"));
  EXPECT_EQ(all.origin_of("app.example.com", "app.example.com"), "https://app.example.com:9443");

  host_list named = with({"app.example.com"});
  named.add_server("app.example.com", true, 8443, login_host);
  EXPECT_FALSE(named.contains("https://app.example.com")) << "the name alone says less than the server";
  EXPECT_TRUE(named.contains("https://app.example.com:8443"));
}

TEST(host_list, one_name_may_have_several_ports) {
  host_list all;
  all.add_server("app.example.com", true, 443, login_host);
  all.add_server("app.example.com", true, 8443, login_host);
  EXPECT_EQ(all.origin_of("app.example.com", "app.example.com:8443"), "https://app.example.com:8443");
  EXPECT_EQ(all.origin_of("app.example.com", "app.example.com"), "https://app.example.com");
  EXPECT_EQ(all.origin_of("app.example.com", "app.example.com:6666"), "https://app.example.com");
  EXPECT_EQ(all.origin_of("evil.example", "app.example.com"), std::nullopt);
  EXPECT_EQ(all.texts(), (std::vector<std::string>{"https://app.example.com", "https://app.example.com:8443"}));
}

}  // namespace
}  // namespace gatehouse::gate
