#include "account/user.h"

#include <algorithm>

namespace gatehouse::account {

namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

template <class T>
std::optional<T> optional_at(const json& object, const char* name) {
  const json& value = object.at(name);
  return value.is_null() ? std::nullopt : std::optional<T>(value.get<T>());
}

}  // namespace

bool user::has_role(std::string_view role) const { return std::find(roles.begin(), roles.end(), role) != roles.end(); }

std::string to_json(const user& who) {
  const json members{{"id", who.id},
                     {"email", who.email},
                     {"email_verified_at", or_null(who.email_verified_at)},
                     {"username", or_null(who.username)},
                     {"name", who.name},
                     {"first_name", or_null(who.first_name)},
                     {"roles", who.roles},
                     {"metadata", who.metadata},
                     {"auth_version", who.auth_version},
                     {"disabled_at", or_null(who.disabled_at)},
                     {"created_at", who.created_at},
                     {"updated_at", who.updated_at},
                     {"last_login_at", or_null(who.last_login_at)}};
  return members.dump();
}

result<user> user_from_json(std::string_view text) {
  const json members = json::parse(text, nullptr, false);
  if (members.is_discarded()) return error{fault::internal, "a stored user is not JSON"};
  try {
    user who;
    members.at("id").get_to(who.id);
    members.at("email").get_to(who.email);
    who.email_verified_at = optional_at<unix_millis>(members, "email_verified_at");
    who.username = optional_at<std::string>(members, "username");
    members.at("name").get_to(who.name);
    if (members.contains("first_name")) who.first_name = optional_at<std::string>(members, "first_name");
    members.at("roles").get_to(who.roles);
    who.metadata = members.at("metadata").get<json::object_t>();
    members.at("auth_version").get_to(who.auth_version);
    who.disabled_at = optional_at<unix_millis>(members, "disabled_at");
    members.at("created_at").get_to(who.created_at);
    members.at("updated_at").get_to(who.updated_at);
    who.last_login_at = optional_at<unix_millis>(members, "last_login_at");
    return who;
  } catch (const json::exception& e) {
    return error{fault::internal, std::string("a stored user cannot be read: ") + e.what()};
  }
}

}  // namespace gatehouse::account
