// What the gate makes of browsers: cookies, other sites, navigations, return addresses.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "gate/challenge.h"
#include "gate/cookie.h"
#include "gate/cookie_pair.h"
#include "gate/cross_site.h"
#include "gate/return_address.h"

namespace gatehouse::gate {
namespace {

std::string found(std::vector<std::string_view> headers, std::string_view name) {
  const found_cookie cookie = find_cookie(headers, name);
  if (std::holds_alternative<ambiguous_cookie>(cookie)) return "(ambiguous)";
  if (std::holds_alternative<no_cookie>(cookie)) return "(none)";
  return std::string(std::get<std::string_view>(cookie));
}

TEST(cookie, is_found_by_its_exact_name) {
  EXPECT_EQ(found({"a=1; __Host-g=x.y.z; b=2"}, "__Host-g"), "x.y.z");
  EXPECT_EQ(found({"__Host-g=x=y"}, "__Host-g"), "x=y");
  EXPECT_EQ(found({" __Host-g = x "}, "__Host-g"), "x");
  EXPECT_EQ(found({"a=1", "__Host-g=x"}, "__Host-g"), "x");
  for (const char* other : {"", ";", "__HOST-g=x", "__Host-G=x", "__Host-gg=x", "x__Host-g=x", "__Host-g2=x",
                            "a=__Host-g=x", "a=1,__Host-g=x"}) {
    EXPECT_EQ(found({other}, "__Host-g"), "(none)") << other;
  }
}

TEST(cookie, requirement_41_two_of_one_name_are_ambiguous) {
  EXPECT_EQ(found({"g=1; g=1"}, "g"), "(ambiguous)");
  EXPECT_EQ(found({"g=1", "g=2"}, "g"), "(ambiguous)");
  EXPECT_EQ(found({"g; g=1"}, "g"), "(ambiguous)");
}

std::string without(std::string_view header) {
  cookie_names ours;
  for (const char* name : {"g", "g-refresh"}) ours.add(name);
  std::string left(header.size(), '?');
  cookie_copy others(header, left.data());
  cookie_walk walk(header, ours);
  while (const auto each = walk.next()) others.leave_out(*each);
  left.resize(others.finish());
  return left;
}

TEST(cookie, ours_go_and_the_others_stay_byte_for_byte) {
  EXPECT_EQ(without("g=1"), "");
  EXPECT_EQ(without("g=1; g-refresh=2"), "");
  EXPECT_EQ(without("a=1; g=2; b=3"), "a=1; b=3");
  EXPECT_EQ(without("g=2; a=1"), "a=1");
  EXPECT_EQ(without("a=1; g=2"), "a=1");
  EXPECT_EQ(without("a=\"x y\";b = 2 ;  c=,;G=9"), "a=\"x y\";b = 2 ;  c=,;G=9");
  EXPECT_EQ(without("a=1;;b"), "a=1;;b");
  EXPECT_EQ(without("g=1; g=2; a=3; g=4"), "a=3");
  EXPECT_EQ(without("a=1; g=2; g=3; b=4"), "a=1; b=4");
  EXPECT_EQ(without("g=1;"), "");
  EXPECT_EQ(without(" g ; "), "");
  EXPECT_EQ(without("g=1;;a=2"), "a=2");
  EXPECT_EQ(without(""), "");
}

TEST(cookie, each_of_ours_is_a_header_by_itself) {
  cookie_names ours;
  ours.add("g");
  ours.add_beginning("hop-");
  std::vector<std::string_view> taken;
  cookie_walk walk("a=1; g=x=y ;hop-1=2; hop=3;G=4;g; hop-", ours);
  while (const auto each = walk.next()) taken.push_back(*each);
  EXPECT_EQ(taken, (std::vector<std::string_view>{" g=x=y ", "hop-1=2", "g", " hop-"}));
  EXPECT_EQ(found(taken, "g"), "(ambiguous)");
  EXPECT_EQ(found(taken, "hop-1"), "2");
}

TEST(cookies, requirement_39_have_the_host_prefix_and_every_attribute) {
  const gate::cookie_pair secure("gatehouse", true);
  EXPECT_EQ(secure.set_access("x.y.z", seconds(60)).front(),
            "__Host-gatehouse=x.y.z; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=60");
  EXPECT_EQ(secure.clear()[1], "__Host-gatehouse-refresh=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0");
  EXPECT_EQ(gate::cookie_pair("gatehouse", false).set_refresh("r", seconds(5)),
            "gatehouse-refresh=r; Path=/; HttpOnly; SameSite=Lax; Max-Age=5");
}

bool foreign(std::string_view fetch_site, std::string_view origin, std::string_view host = "example.com",
             bool secure = true) {
  const std::vector<std::string_view> allowed{"https://app.example.com", "*"};
  return is_foreign({fetch_site, origin}, {"https://example.com", host, secure, allowed});
}

TEST(cross_site, requirement_42_what_is_present_must_not_be_foreign) {
  EXPECT_FALSE(foreign("", ""));
  EXPECT_FALSE(foreign("same-origin", "https://example.com"));
  EXPECT_FALSE(foreign("none", ""));
  EXPECT_FALSE(foreign("", "https://example.com"));
  EXPECT_FALSE(foreign("cross-site", "https://app.example.com"));
  EXPECT_FALSE(foreign("", "https://other.example.com:8443", "other.example.com:8443"));
  EXPECT_FALSE(foreign("", "http://localhost:8080", "localhost:8080", false));
  for (const char* site : {"cross-site", "same-site", "SAME-ORIGIN", "x"}) EXPECT_TRUE(foreign(site, "")) << site;
  for (const char* origin : {"null", "https://evil.com", "http://example.com", "https://example.com.evil.com",
                             "https://example.com:444", "https://sub.example.com", "*", "example.com"}) {
    EXPECT_TRUE(foreign("", origin)) << origin;
  }
  EXPECT_FALSE(foreign("", "https://localhost", "localhost", false)) << "a front before us has ended TLS";
  EXPECT_TRUE(foreign("", "http://localhost", "localhost", true));
  EXPECT_TRUE(foreign("cross-site", "https://example.com"));
}

// Issue 10.14: behind a front that ends TLS, an alias is neither public_url nor what we hear of ourselves.
TEST(cross_site, requirement_42_the_browser_knows_better_where_it_sends_to) {
  EXPECT_FALSE(foreign("same-origin", "https://alias.example.com", "10.0.0.1:8080", false));
  EXPECT_TRUE(foreign("same-site", "https://alias.example.com", "alias.example.com", false));
  EXPECT_TRUE(foreign("cross-site", "https://alias.example.com", "alias.example.com", false));
  EXPECT_TRUE(foreign("", "https://alias.example.com", "10.0.0.1:8080", false));
}

// Fetch, "append a request Origin header": so it is for every unsafe request under Referrer-Policy: no-referrer.
TEST(cross_site, requirement_42_a_null_origin_says_nothing_where_the_browser_tells_the_site) {
  EXPECT_FALSE(foreign("same-origin", "null"));
  EXPECT_FALSE(foreign("none", "null"));
  EXPECT_TRUE(foreign("cross-site", "null"));
  EXPECT_TRUE(foreign("same-site", "null"));
  EXPECT_TRUE(foreign("", "null"));
}

TEST(cross_site, safe_methods) {
  for (const char* safe : {"GET", "HEAD", "OPTIONS", "TRACE"}) EXPECT_TRUE(is_safe_method(safe));
  for (const char* unsafe : {"POST", "PUT", "PATCH", "DELETE", "get", "PROPFIND", ""})
    EXPECT_FALSE(is_safe_method(unsafe));
}

TEST(navigation, a_page_is_told_from_a_fetch) {
  EXPECT_TRUE(is_navigation({"GET", "navigate", "document", "text/html", ""}));
  EXPECT_TRUE(is_navigation({"GET", "navigate", "iframe", "*/*", ""}));
  EXPECT_TRUE(is_navigation({"GET", "", "", "text/html,application/xhtml+xml", ""}));
  EXPECT_FALSE(is_navigation({"GET", "cors", "empty", "text/html", ""}));
  EXPECT_FALSE(is_navigation({"GET", "no-cors", "image", "image/*", ""}));
  EXPECT_FALSE(is_navigation({"GET", "", "", "*/*", ""}));
  EXPECT_FALSE(is_navigation({"GET", "", "", "application/json", ""}));
  EXPECT_TRUE(is_navigation({"POST", "navigate", "document", "text/html", ""}));
  EXPECT_FALSE(is_navigation({"POST", "cors", "empty", "text/html", ""}));
  EXPECT_FALSE(is_navigation({"PUT", "", "", "text/html", ""}));
  EXPECT_FALSE(is_navigation({"GET", "websocket", "websocket", "text/html", "websocket"}));
  EXPECT_FALSE(is_navigation({"GET", "", "", "text/html", "websocket"}));
}

// Issue 10.13: over plain HTTP only these headers tell a script.
TEST(navigation, what_a_script_asks_for_is_none) {
  EXPECT_FALSE(is_navigation({"GET", "", "", "text/html, */*", "", "XMLHttpRequest"}));
  EXPECT_FALSE(is_navigation({"GET", "", "", "text/html", "", "", "true"}));
  EXPECT_TRUE(is_navigation({"GET", "", "", "text/html", "", "com.example.app"}));
}

TEST(navigation, only_what_has_sent_nothing_goes_elsewhere_first) {
  EXPECT_TRUE(may_be_redirected({"GET", "navigate", "document", "text/html", ""}));
  for (const char* frame : {"iframe", "frame", "fencedframe"})
    EXPECT_FALSE(may_be_redirected({"GET", "navigate", frame, "text/html", ""})) << frame;
  EXPECT_FALSE(may_be_redirected({"POST", "navigate", "document", "text/html", ""}));
  EXPECT_FALSE(may_be_redirected({"GET", "cors", "empty", "text/html", ""}));
}

TEST(navigation, the_login_page_is_told_where_to_return) {
  EXPECT_EQ(login_address("/auth/login", "/a?b=c&d=%20"), "/auth/login?return=%2Fa%3Fb%3Dc%26d%3D%2520");
  EXPECT_EQ(login_address("/auth/login", "//evil.com"), "/auth/login");
  EXPECT_EQ(login_address("/auth/login", "/a?\\ \xe9"), "/auth/login?return=%2Fa%3F%255C%2520%25E9");
  EXPECT_EQ(login_address("/auth/login", "/\\evil.com"), "/auth/login?return=%2F%255Cevil.com");
  EXPECT_EQ(login_address("/auth/login", "/" + std::string(8100, 'a')).size(), 8100 + 22);
  EXPECT_EQ(login_address("/auth/login", "/" + std::string(8170, 'a')), "/auth/login") << "no request line of nginx's";
}

TEST(challenge, keeps_the_way_back_of_an_error_page_unless_it_has_its_own) {
  EXPECT_EQ(error_page_query("", "/a?b=c"), "return=%2Fa%3Fb%3Dc");
  EXPECT_EQ(error_page_query("return=/start", "/a?b=c"), "return=/start");
  EXPECT_EQ(error_page_query("return=/x", "/a?return=/x"), "return=%2Fa%3Freturn%3D%2Fx") << "that is the page's own";
  EXPECT_EQ(error_page_query("", "//evil.com"), "");
}

TEST(return_address, an_address_in_plain_spelling_is_the_same_and_safe) {
  EXPECT_EQ(plain_address("/a/b?c=d&e=%20#f"), "/a/b?c=d&e=%20#f");
  EXPECT_EQ(plain_address("/\\\t\x7f\xc3\xa9"), "/%5C%09%7F%C3%A9");
  for (const char* sent : {"/\\evil.com", "/\t/evil.com", "/\xe9", "/a b"}) {
    EXPECT_TRUE(is_safe_return(plain_address(sent), {})) << sent;
  }
  for (const char* bad : {"//evil.com", "\\\\evil.com", "https://evil.com", "", "//\\evil.com"}) {
    EXPECT_FALSE(is_safe_return(plain_address(bad), {})) << bad;
  }
}

TEST(return_address, requirement_44_only_a_path_of_this_site) {
  for (const char* good :
       {"/", "/a", "/a/b?c=d#e", "/%2f%2fevil.com", "/a//b", "/?return=//evil.com", "/@evil.com", "/:80"}) {
    EXPECT_TRUE(is_safe_return(good, {})) << good;
  }
  for (const char* bad : {"",
                          "a",
                          "//",
                          "//evil.com",
                          "///evil.com",
                          "/\\evil.com",
                          "\\/evil.com",
                          "\\\\evil.com",
                          "https://evil.com",
                          "javascript:alert(1)",
                          " /a",
                          "/a b",
                          "/\tevil.com",
                          "/\n/evil.com",
                          "\t//evil.com",
                          "/a\\b",
                          "/é",
                          "http:/a",
                          "?a",
                          "#a",
                          "./a",
                          "../a",
                          "%2f%2fevil.com",
                          "/\x7f"}) {
    EXPECT_FALSE(is_safe_return(bad, {})) << bad;
  }
  EXPECT_TRUE(is_safe_return("/" + std::string(8191, 'a'), {}));
  EXPECT_FALSE(is_safe_return("/" + std::string(8192, 'a'), {}));
}

TEST(return_address, an_allowed_url_must_be_the_same_to_the_letter) {
  const std::vector<std::string_view> allowed{"https://app.example.com/done"};
  EXPECT_TRUE(is_safe_return("https://app.example.com/done", allowed));
  EXPECT_FALSE(is_safe_return("https://app.example.com/done/", allowed));
  EXPECT_FALSE(is_safe_return("https://app.example.com", allowed));
}

}  // namespace
}  // namespace gatehouse::gate
