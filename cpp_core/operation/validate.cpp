#include "operation/validate.h"

#include "base/text.h"
#include "password/policy.h"

namespace gatehouse::operation {

void validation::check_name(const std::string& name) {
  constexpr std::size_t most_code_points = 200;
  const std::optional<std::size_t> length = count_code_points(name);
  if (!length || has_control_character(name)) {
    fail(&input::name, "must be plain text without control characters");
  } else if (*length == 0 || name.find_first_not_of(' ') == std::string::npos) {
    fail(&input::name, "must not be empty");
  } else if (*length > most_code_points) {
    fail(&input::name, "must have at most 200 characters");
  }
}

std::optional<account::email> validation::check_email(const std::string& typed) {
  result<account::email> parsed = account::email::parse(typed);
  if (parsed) return std::move(*parsed);
  fail(&input::email, parsed.failure().what);
  return std::nullopt;
}

void validation::check_password(const realm::settings& realm, const input& in, const std::string& name,
                                const std::string& email, const std::string& username) {
  const password::owner owner{name, email, username};
  const auto broken = password::check(*in.password, owner, realm.password, realm.blocklist);
  if (broken) fail(&input::password, broken->text);
  if (in.confirm_password && !in.confirm_password->same_as(*in.password)) {
    fail(&input::confirm_password, "must equal the password");
  }
}

}  // namespace gatehouse::operation
