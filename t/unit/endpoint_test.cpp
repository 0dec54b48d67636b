#include <gtest/gtest.h>

#include "base/clock.h"
#include "body/form_body.h"
#include "body/json_body.h"
#include "browser/pages.h"
#include "endpoint/cors.h"
#include "endpoint/router.h"
#include "rest/rest.h"

namespace gatehouse {
namespace {

const dialect::route& rest_route(std::string_view method, std::string_view path) {
  const endpoint::match found = endpoint::find_route(dialect::rest, method, path);
  EXPECT_NE(found.route, nullptr) << method << " " << path;
  return *found.route;
}

TEST(router, requirement_26_a_known_path_names_its_methods) {
  EXPECT_EQ(endpoint::find_route(dialect::rest, "PUT", "me").route, nullptr);
  EXPECT_EQ(endpoint::find_route(dialect::rest, "PUT", "me").allowed, "GET, HEAD, PATCH, DELETE, OPTIONS");
  EXPECT_EQ(endpoint::find_route(dialect::rest, "GET", "login").allowed, "POST, OPTIONS");
}

TEST(router, an_unknown_path_has_no_methods) {
  for (const char* path : {"", "Login", "login/", "logins", "me/x", "/login", "logout/All"}) {
    EXPECT_EQ(endpoint::find_route(dialect::rest, "POST", path).allowed, "") << path;
  }
}

TEST(router, an_id_is_one_segment) {
  EXPECT_EQ(endpoint::find_route(dialect::rest, "DELETE", "sessions/abc").id, "abc");
  EXPECT_EQ(endpoint::find_route(dialect::rest, "DELETE", "sessions/abc").allowed, "DELETE, OPTIONS");
  for (const char* path : {"sessions/", "sessions/a/b", "session/a"}) {
    EXPECT_EQ(endpoint::find_route(dialect::rest, "DELETE", path).route, nullptr) << path;
  }
}

TEST(router, head_is_get) { EXPECT_EQ(&rest_route("HEAD", "me"), &rest_route("GET", "me")); }

TEST(json_body, media_types) {
  for (const char* good : {"application/json", "application/json; charset=utf-8", "Application/JSON ;x=y"}) {
    EXPECT_TRUE(dialect::is_json(good)) << good;
  }
  for (const char* bad : {"", "text/plain", "application/jsonx", "application/x-www-form-urlencoded", "json"}) {
    EXPECT_FALSE(dialect::is_json(bad)) << bad;
  }
}

TEST(json_body, fields_go_where_the_table_says) {
  const auto decoded =
      dialect::decode_json(rest_route("POST", "register"), "application/json",
                           R"({"name":"Ann","email":"a@b.c","password":"pw","confirmPassword":"pw2","extra":1})");
  ASSERT_FALSE(decoded.why);
  const operation::input& in = decoded.in;
  EXPECT_EQ(in.name, "Ann");
  EXPECT_EQ(in.email, "a@b.c");
  EXPECT_EQ(in.password->reveal(), "pw");
  EXPECT_EQ(in.confirm_password->reveal(), "pw2");
  EXPECT_FALSE(in.refresh_token);
}

TEST(json_body, what_is_missing_or_of_a_wrong_type_is_named) {
  const auto decoded =
      dialect::decode_json(rest_route("POST", "register"), "application/json", R"({"name":null,"email":["a@b.c"]})");
  ASSERT_TRUE(decoded.why);
  const realm::settings realm;
  const dialect::request asked;
  const dialect::exchange about{rest_route("POST", "register"), realm, asked, {}};
  const dialect::response shown = dialect::rest.encode(about, operation::outcome(*decoded.why));
  EXPECT_EQ(shown.status, 400);
  EXPECT_EQ(shown.body, R"({"message":"Validation failed","status":400,"errors":{"name":"must be a string",)"
                        R"("email":"must be a string","password":"is required"}})");
}

TEST(json_body, requirement_43_forms_are_refused) {
  for (const char* type : {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain", ""}) {
    const auto decoded = dialect::decode_json(rest_route("POST", "login"), type, R"({"email":"a","password":"b"})");
    EXPECT_EQ(decoded.why->why, operation::refusal::unsupported_media_type) << type;
  }
}

TEST(json_body, only_what_requires_nothing_may_be_empty) {
  EXPECT_FALSE(dialect::decode_json(rest_route("POST", "logout"), "", "").why);
  EXPECT_TRUE(dialect::decode_json(rest_route("POST", "refresh"), "application/json", "").why);
}

TEST(json_body, what_is_not_an_object_is_refused) {
  for (const char* body :
       {"[]", "1", "\"x\"", "null", "{", "{\"email\":\"a\",\"email\":\"b\"}", "{\"email\":\"\xff\"}"}) {
    EXPECT_TRUE(dialect::decode_json(rest_route("POST", "login"), "application/json", body).why) << body;
  }
}

operation::input form(std::string_view body) {
  auto decoded = dialect::decode_form(*endpoint::find_route(dialect::pages, "POST", "login").route, "", body);
  EXPECT_FALSE(decoded.why) << body;
  return std::move(decoded.in);
}

TEST(form_body, a_login_as_a_browser_sends_it) {
  const operation::input in = form("email=jane%40example.com&password=a+b%26c%3D%C3%A9&return=%2Fx%3Fy%3D1&other=z");
  EXPECT_EQ(in.email, "jane@example.com");
  EXPECT_EQ(in.password->reveal(), "a b&c=é");
  EXPECT_EQ(in.return_address, "/x?y=1");
}

TEST(form_body, what_is_malformed_twice_or_missing_is_refused) {
  const dialect::route& login = *endpoint::find_route(dialect::pages, "POST", "login").route;
  for (const char* body :
       {"", "email=a", "email=a&password=", "email=a&email=b&password=c", "email=%4&password=b", "email=%zz&password=b",
        "email=%ff&password=b", "email=a%00&password=b", "email=a&password=%"}) {
    EXPECT_TRUE(dialect::decode_form(login, "", body).why) << body;
  }
}

TEST(router, the_pages_answer_pages_and_forms_the_rest_json) {
  const auto side = [](const char* method, const char* path, const char* type, bool pages = true) {
    return endpoint::choose_side(dialect::rest, pages, method, path, type).name;
  };
  EXPECT_EQ(side("GET", "login", ""), "pages");
  EXPECT_EQ(side("GET", "me", ""), "rest");
  EXPECT_EQ(side("POST", "login", "application/x-www-form-urlencoded; charset=utf-8"), "pages");
  EXPECT_EQ(side("POST", "login", "application/json"), "rest");
  EXPECT_EQ(side("POST", "login", ""), "rest");
  EXPECT_EQ(side("POST", "refresh", "application/x-www-form-urlencoded"), "rest");
  EXPECT_EQ(side("GET", "login", "", false), "rest");
}

dialect::request from_origin(std::string origin, std::vector<std::string> allowed) {
  dialect::request asked;
  asked.method = "POST";
  asked.headers.emplace_back("origin", std::move(origin));
  asked.allowed_origins = std::move(allowed);
  return asked;
}

std::string header(const dialect::response& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(cors, an_allowed_origin_is_echoed_exactly) {
  dialect::response answer;
  endpoint::add_cors_headers(from_origin("https://app.example.com", {"https://app.example.com"}), dialect::rest,
                             answer);
  EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "https://app.example.com");
  EXPECT_EQ(header(answer, "Vary"), "Origin");
}

TEST(cors, any_other_origin_gets_nothing) {
  for (const char* origin : {"https://evil.example.com", "https://app.example.com.evil.com", "null", ""}) {
    dialect::response answer;
    endpoint::add_cors_headers(from_origin(origin, {"https://app.example.com"}), dialect::rest, answer);
    EXPECT_EQ(header(answer, "Access-Control-Allow-Origin"), "") << origin;
  }
}

TEST(clock, iso8601) {
  EXPECT_EQ(iso8601(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(iso8601(1767225599999), "2025-12-31T23:59:59.999Z");
  EXPECT_EQ(iso8601(-1), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace gatehouse
