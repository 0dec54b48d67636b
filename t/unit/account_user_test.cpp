#include <gtest/gtest.h>

#include "account/user.h"

namespace gatehouse::account {

namespace {

user somebody() {
  user who;
  who.id = "5f0c7a5e-2a51-4c7b-9a52-5a3f0a6d1b11";
  who.email = "Ann@Example.com";
  who.email_verified_at = 1700000000123;
  who.username = "ann";
  who.name = "Änn \"Quote\" Lee";
  who.first_name = "Änn \"Quote\"";
  who.roles = {"admin", "staff"};
  who.metadata = nlohmann::json::parse(R"({"plan":"gold","n":12345678901234567,"deep":{"list":[1,null,true]}})");
  who.auth_version = 7;
  who.disabled_at = 1700000000456;
  who.created_at = 1600000000001;
  who.updated_at = 1600000000002;
  who.last_login_at = 1600000000003;
  return who;
}

TEST(account_user, survives_the_way_through_a_session) {
  const user before = somebody();
  const result<user> after = user_from_json(to_json(before));
  ASSERT_TRUE(after.ok()) << after.failure().what;
  EXPECT_EQ(after->id, before.id);
  EXPECT_EQ(after->email, before.email);
  EXPECT_EQ(after->email_verified_at, before.email_verified_at);
  EXPECT_EQ(after->username, before.username);
  EXPECT_EQ(after->name, before.name);
  EXPECT_EQ(after->first_name, before.first_name);
  EXPECT_EQ(after->roles, before.roles);
  EXPECT_EQ(after->metadata, before.metadata);
  EXPECT_EQ(after->auth_version, before.auth_version);
  EXPECT_EQ(after->disabled_at, before.disabled_at);
  EXPECT_EQ(after->created_at, before.created_at);
  EXPECT_EQ(after->updated_at, before.updated_at);
  EXPECT_EQ(after->last_login_at, before.last_login_at);
  EXPECT_TRUE(after->email_verified());
  EXPECT_TRUE(after->disabled());
}

TEST(account_user, what_is_absent_stays_absent) {
  user before;
  before.id = "x";
  const result<user> after = user_from_json(to_json(before));
  ASSERT_TRUE(after.ok()) << after.failure().what;
  EXPECT_EQ(after->username, std::nullopt);
  EXPECT_EQ(after->last_login_at, std::nullopt);
  EXPECT_FALSE(after->email_verified());
  EXPECT_FALSE(after->disabled());
  EXPECT_EQ(after->metadata, nlohmann::json::object());
}

TEST(account_user, a_session_from_before_first_names_is_read) {
  nlohmann::json older = nlohmann::json::parse(to_json(somebody()));
  older.erase("first_name");
  const result<user> read = user_from_json(older.dump());
  ASSERT_TRUE(read.ok()) << read.failure().what;
  EXPECT_EQ(read->first_name, std::nullopt);
}

TEST(account_user, members_of_a_later_version_are_ignored) {
  std::string text = to_json(somebody());
  text.insert(1, "\"favourite_colour\":\"green\",");
  EXPECT_TRUE(user_from_json(text).ok());
}

TEST(account_user, anything_else_is_an_error_and_not_an_exception) {
  const std::string good = to_json(somebody());
  for (std::string text : {std::string(), std::string("{"), std::string("[]"), std::string("null"), std::string("{}"),
                           good.substr(0, good.size() - 1), good + "x"}) {
    EXPECT_FALSE(user_from_json(text).ok()) << text;
  }
  for (const char* member : {"id", "email", "name", "roles", "metadata", "auth_version", "created_at", "updated_at"}) {
    nlohmann::json wrong = nlohmann::json::parse(good);
    wrong[member] = nullptr;
    EXPECT_FALSE(user_from_json(wrong.dump()).ok()) << member;
    wrong.erase(member);
    EXPECT_FALSE(user_from_json(wrong.dump()).ok()) << member;
  }
}

}  // namespace

}  // namespace gatehouse::account
