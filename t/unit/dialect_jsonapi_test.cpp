#include <gtest/gtest.h>

#include "endpoint/router.h"
#include "jsonapi/jsonapi.h"
#include "jsonapi/jsonapi_body.h"
#include "wire/status_phrase.h"

namespace gatehouse {
namespace {

const dialect::route& route_of(std::string_view path) {
  return *endpoint::find_route(dialect::jsonapi, "POST", path).route;
}

dialect::decoded read_document(std::string_view path, std::string_view body,
                               std::string_view type = "application/json") {
  return dialect::decode_jsonapi(route_of(path), dialect::envelope::required, type, body);
}

std::string complaint(std::string_view path, std::string_view body) {
  const dialect::decoded made = read_document(path, body);
  return made.why ? made.why->message : "";
}

std::string with_attributes(const std::string& attributes) {
  return R"({"data":{"type":"users","attributes":)" + attributes + "}}";
}

TEST(jsonapi_body, the_attributes_go_where_the_table_says) {
  const dialect::decoded made = read_document(
      "auth/register", R"({"data":{"type":"users","id":"x","attributes":{"name":"Authy Person","email":"a@b.c",)"
                       R"("password":"mysecretpass","metadata":{"company":"Auth Co","n":[1,{}]},"extra":5}},)"
                       R"("meta":{}})");
  ASSERT_FALSE(made.why);
  EXPECT_EQ(made.in.name, "Authy Person");
  EXPECT_EQ(made.in.email, "a@b.c");
  EXPECT_EQ(made.in.password->reveal(), "mysecretpass");
  EXPECT_EQ(made.in.metadata->dump(), R"({"company":"Auth Co","n":[1,{}]})");
}

TEST(jsonapi_body, what_is_missing_or_of_a_wrong_type_is_said_as_fastify_says_it) {
  const std::pair<std::string, const char*> cases[] = {
      {"[]", "body must be object"},
      {"null", "body must be object"},
      {"\"x\"", "body must be object"},
      {"{}", "body must have required property 'data'"},
      {R"({"email":"a@b.c","password":"x"})", "body must have required property 'data'"},
      {R"({"data":null})", "body/data must be object"},
      {R"({"data":[]})", "body/data must be object"},
      {R"({"data":{}})", "body/data must have required property 'type'"},
      {R"({"data":{"attributes":{}}})", "body/data must have required property 'type'"},
      {R"({"data":{"type":"users"}})", "body/data must have required property 'attributes'"},
      {with_attributes("[]"), "body/data/attributes must be object"},
      {with_attributes("{}"), "body/data/attributes must have required property 'name'"},
      {with_attributes(R"({"email":5})"), "body/data/attributes must have required property 'name'"},
      {with_attributes(R"({"name":"a"})"), "body/data/attributes must have required property 'email'"},
      {with_attributes(R"({"name":"a","email":"b"})"), "body/data/attributes must have required property 'password'"},
      {with_attributes(R"({"name":1,"email":2,"password":3})"), "body/data/attributes/name must be string"},
      {with_attributes(R"({"name":"a","email":["b"],"password":3})"), "body/data/attributes/email must be string"},
      {with_attributes(R"({"name":"a","email":"b","password":null})"), "body/data/attributes/password must be string"},
      {with_attributes(R"({"name":"a","email":"b","password":"c","metadata":"d"})"),
       "body/data/attributes/metadata must be object"},
      {with_attributes(R"({"name":"a","email":"b","password":"c","metadata":[]})"),
       "body/data/attributes/metadata must be object"},
  };
  for (const auto& [body, message] : cases) {
    EXPECT_EQ(complaint("auth/register", body), message) << body;
    EXPECT_EQ(dialect::fastify_code(message), "FST_ERR_VALIDATION");
  }
}

TEST(jsonapi_body, the_type_is_users_and_is_looked_at_last) {
  for (const char* type : {"\"user\"", "\"Users\"", "\"\"", "5", "null", "[\"users\"]", "{}"}) {
    const std::string head = R"({"data":{"type":)" + std::string(type) + R"(,"attributes":)";
    EXPECT_EQ(complaint("auth/login", head + R"({"email":"a","password":"b"}}})"), "Invalid Type Attribute") << type;
    EXPECT_EQ(complaint("auth/login", head + R"({"email":"a"}}})"),
              "body/data/attributes must have required property 'password'");
  }
  EXPECT_EQ(dialect::fastify_code("Invalid Type Attribute"), "");
}

TEST(jsonapi_body, what_is_no_json_has_a_code_of_its_own) {
  for (const char* body : {"{", "x", "{\"data\":1,\"data\":2}", "{\"data\":\"\xff\"}", "{} {}", "\xef\xbb\xbf{}"}) {
    EXPECT_EQ(dialect::fastify_code(complaint("auth/login", body)), "FST_ERR_CTP_INVALID_JSON_BODY") << body;
  }
  EXPECT_EQ(dialect::fastify_code(complaint("auth/login", "")), "FST_ERR_CTP_EMPTY_JSON_BODY");
}

TEST(jsonapi_body, requirement_17_depth_and_members_are_bounded) {
  std::string deep = R"({"name":"a","email":"b","password":"c","metadata":)";
  for (int i = 0; i < 20; ++i) deep += R"({"a":)";
  deep += "1" + std::string(21, '}');
  EXPECT_EQ(dialect::fastify_code(complaint("auth/register", with_attributes(deep))), "FST_ERR_CTP_INVALID_JSON_BODY");
}

TEST(jsonapi_body, requirement_43_nothing_but_json_is_read) {
  const std::string body = with_attributes(R"({"email":"a","password":"b"})");
  for (const char* type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "text/json"}) {
    EXPECT_EQ(read_document("auth/login", body, type).why->why, operation::refusal::unsupported_media_type) << type;
  }
  EXPECT_FALSE(read_document("auth/login", body, "Application/JSON; charset=utf-8").why);
  EXPECT_EQ(read_document("auth/login", "", "").why->message, "body must be object");
}

TEST(jsonapi_body, what_is_optional_and_empty_is_absent) {
  const dialect::decoded made =
      read_document("auth/users/me", with_attributes(R"({"name":"Ann","email":"","password":""})"));
  ASSERT_FALSE(made.why);
  EXPECT_EQ(made.in.name, "Ann");
  EXPECT_FALSE(made.in.email);
  EXPECT_FALSE(made.in.password);
  EXPECT_EQ(read_document("auth/login", with_attributes(R"({"email":"","password":""})")).in.email, "");
}

TEST(jsonapi_body, the_envelope_may_be_optional) {
  const auto either = [](std::string_view body) {
    return dialect::decode_jsonapi(route_of("auth/login"), dialect::envelope::optional, "application/json", body);
  };
  EXPECT_EQ(either(R"({"email":"a","password":"b"})").in.email, "a");
  EXPECT_EQ(either(with_attributes(R"({"email":"a","password":"b"})")).in.email, "a");
  EXPECT_EQ(either("{}").why->message, "body must have required property 'email'");
  EXPECT_EQ(either(R"({"email":5,"password":"b"})").why->message, "body/email must be string");
  EXPECT_EQ(either(R"({"data":{}})").why->message, "body/data must have required property 'type'");
}

TEST(status_phrase, known_and_unknown) {
  EXPECT_EQ(dialect::status_phrase(404), "Not Found");
  EXPECT_EQ(dialect::status_phrase(418), "Bad Request");
  EXPECT_EQ(dialect::status_phrase(599), "Internal Server Error");
  EXPECT_EQ(dialect::status_phrase(226), "OK");
}

}  // namespace
}  // namespace gatehouse
