// One user of a realm, as every dialect needs him and as his sessions remember him.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace gatehouse::account {

struct user {
  std::string id;     // a UUID in lower case; never used again after deletion
  std::string email;  // as typed; identity only if verified
  std::optional<unix_millis> email_verified_at;
  std::optional<std::string> username;
  std::string name;
  std::optional<std::string> first_name;  // how much of the name is that, where he has said so; see sql/009_names.sql
  std::vector<std::string> roles;
  nlohmann::json metadata = nlohmann::json::object();
  std::int64_t auth_version = 1;  // raised when the password, the e-mail, the roles or disabled change
  std::optional<unix_millis> disabled_at;
  unix_millis created_at = 0;
  unix_millis updated_at = 0;
  std::optional<unix_millis> last_login_at;

  bool email_verified() const { return email_verified_at.has_value(); }
  bool disabled() const { return disabled_at.has_value(); }
  bool has_role(std::string_view role) const;
};

// The value is another user's.
enum class taken { email, username };

// A JSON object whose members have the names above; absent times and usernames are null. Holds no secret.
std::string to_json(const user& who);
// The same back: from a session, or as account/store.cpp has PostgreSQL write it. Unknown members are ignored.
result<user> user_from_json(std::string_view text);

}  // namespace gatehouse::account
