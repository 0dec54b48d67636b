#include "dialect/bff_user.h"

#include <algorithm>

#include "base/clock.h"

namespace gatehouse::dialect {

namespace {

struct two_names {
  std::string first, last;
};

two_names split(const std::string& name) {
  const std::size_t space = name.rfind(' ');
  if (space == std::string::npos) return {name, ""};
  return {name.substr(0, space), name.substr(space + 1)};
}

nlohmann::ordered_json time_or_null(const std::optional<unix_millis>& time) {
  if (!time) return nullptr;
  return iso8601(*time);
}

}  // namespace

nlohmann::ordered_json bff_user(const account::user& user) {
  const two_names names = split(user.name);
  const bool is_admin = std::ranges::find(user.roles, "admin") != user.roles.end();
  return {{"id", user.id},
          {"uuid", user.id},
          {"email", user.email},
          {"password", "[hidden]"},
          {"avatar", nullptr},
          {"permissions", nullptr},
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

std::string joined_name(const operation::input& in, const std::string& now) {
  two_names names = split(now);
  if (in.given_name) names.first = *in.given_name;
  if (in.family_name) names.last = *in.family_name;
  return names.last.empty() ? names.first : names.first + " " + names.last;
}

}  // namespace gatehouse::dialect
