#include "bff/bff_user.h"

#include <algorithm>

#include "base/clock.h"

namespace gatehouse::dialect {

namespace {

struct two_names {
  std::string first, last;
};

two_names split(const account::user& user) {
  const std::string& name = user.name;
  if (user.first_name && name == *user.first_name) return {name, ""};
  const bool is_said = user.first_name && name.starts_with(*user.first_name + " ");
  const std::size_t space = is_said ? user.first_name->size() : name.rfind(' ');
  if (space == std::string::npos) return {name, ""};
  return {name.substr(0, space), name.substr(space + 1)};
}

nlohmann::ordered_json time_or_null(const std::optional<unix_millis>& time) {
  if (!time) return nullptr;
  return iso8601(*time);
}

}  // namespace

bool is_bff_admin(const account::user& user) { return std::ranges::find(user.roles, "admin") != user.roles.end(); }

nlohmann::ordered_json bff_user(const account::user& user) {
  const two_names names = split(user);
  const bool is_admin = is_bff_admin(user);
  return {{"id", user.id},
          {"uuid", user.id},
          {"email", user.email},
          {"password", "[hidden]"},
          {"avatar", nullptr},
          {"permissions", is_admin ? nlohmann::ordered_json("canAccessAdmin") : nullptr},
          {"first_name", names.first},
          {"last_name", names.last},
          {"role", is_admin ? "SUPER_ADMIN" : "GENERAL"},
          {"email_verified", user.email_verified()},
          {"is_active", !user.disabled()},
          {"last_login", time_or_null(user.last_login_at)},
          {"created_at", iso8601(user.created_at)},
          {"deleted_at", nullptr},
          {"updated_at", iso8601(user.updated_at)}};
}

bool has_empty_first_name(const operation::input& in) {
  return in.given_name && in.given_name->find_first_not_of(' ') == std::string::npos;
}

void join_names(operation::input& in, const account::user& now) {
  two_names names = split(now);
  if (in.given_name) names.first = std::move(*in.given_name);
  if (in.family_name) names.last = *in.family_name;
  in.name = names.last.empty() ? names.first : names.first + " " + names.last;
  in.given_name = std::move(names.first);
}

}  // namespace gatehouse::dialect
