#include "account/user.h"

#include <algorithm>
#include <charconv>

#include "base/json_text.h"
#include "token/claim_set.h"

namespace gatehouse::account {

namespace {

using nlohmann::json;

template <class T>
json or_null(const std::optional<T>& value) {
  return value ? json(*value) : json();
}

// Of a user in a session: as long as Redis gives it, we have written it.
constexpr json_limits stored_limits{.bytes = 1 << 20, .depth = 64, .members = 1 << 16, .string_length = 1 << 20};

// False: the member is there and of another type, or it is not there.
bool read_text(const token::claim_set& members, std::string_view name, std::string& to) {
  to = members.text(name);
  return members.json_of(name).starts_with('"');
}

bool read_number(const token::claim_set& members, std::string_view name, std::int64_t& to) {
  const std::string_view digits = members.json_of(name);
  const char* end = digits.data() + digits.size();
  const auto parsed = std::from_chars(digits.data(), end, to);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

// null stands for nothing.
template <class T>
bool read_optional(const token::claim_set& members, std::string_view name, std::optional<T>& to,
                   bool (*read)(const token::claim_set&, std::string_view, T&)) {
  return members.json_of(name) == "null" || read(members, name, to.emplace());
}

bool read_texts(const token::claim_set& members, std::string_view name, std::vector<std::string>& to) {
  bool all_are_texts = true;
  const bool is_array = members.for_each_text(name, [&](std::optional<std::string_view> each) {
    if (each) to.emplace_back(*each);
    all_are_texts = all_are_texts && each.has_value();
  });
  return is_array && all_are_texts;
}

bool read_object(const token::claim_set& members, std::string_view name, json& to) {
  const std::string_view text = members.json_of(name);
  if (text == "{}") return true;  // which it is already
  to = json::parse(text, nullptr, false);
  return to.is_object();
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
  return json_text(members);
}

result<user> user_from_json(std::string_view text) {
  const std::optional<token::claim_set> members = token::claim_set::read(std::string(text), stored_limits);
  if (!members) return error{fault::internal, "a stored user is no JSON object"};
  user who;
  const bool is_whole =
      read_text(*members, "id", who.id) && read_text(*members, "email", who.email) &&
      read_optional(*members, "email_verified_at", who.email_verified_at, read_number) &&
      read_optional(*members, "username", who.username, read_text) && read_text(*members, "name", who.name) &&
      (!members->contains("first_name") || read_optional(*members, "first_name", who.first_name, read_text)) &&
      read_texts(*members, "roles", who.roles) && read_object(*members, "metadata", who.metadata) &&
      read_number(*members, "auth_version", who.auth_version) &&
      read_optional(*members, "disabled_at", who.disabled_at, read_number) &&
      read_number(*members, "created_at", who.created_at) && read_number(*members, "updated_at", who.updated_at) &&
      read_optional(*members, "last_login_at", who.last_login_at, read_number);
  if (!is_whole) return error{fault::internal, "a stored user lacks a member, or has one of another type"};
  return who;
}

}  // namespace gatehouse::account
