#include "step/validate.h"

#include "base/json.h"
#include "base/text.h"
#include "password/policy.h"

namespace gatehouse::operation {

namespace {

bool is_plain(const std::string& text) {
  return is_utf8(text) && !has_control_character(text) && !has_line_or_direction_character(text);
}

}  // namespace

const char* fault_of_label(std::string_view name) {
  constexpr std::size_t longest = 100;
  const std::optional<std::size_t> length = count_code_points(name);
  if (!length || has_control_character(name) || has_line_or_direction_character(name)) {
    return "must be plain text without control characters";
  }
  if (*length == 0) return "must not be empty";
  return *length > longest ? "must have at most 100 characters" : nullptr;
}

void validation::check_name(const std::string& name) {
  constexpr std::size_t most_code_points = 200;
  const std::optional<std::size_t> length = count_code_points(name);
  if (!length || !is_plain(name)) {
    fail(&input::name, "must be plain text without control characters");
  } else if (trim_spaces(name).empty()) {
    fail(&input::name, "must not be empty");
  } else if (*length > most_code_points) {
    fail(&input::name, "must have at most 200 characters");
  }
}

void validation::check_username(const std::string& username) {
  constexpr std::size_t most_code_points = 64;
  const std::optional<std::size_t> length = count_code_points(username);
  if (!length || !is_plain(username) || username.find('@') != std::string::npos) {
    fail(&input::username, "must be plain text without control characters and without \"@\"");
  } else if (*length == 0) {
    fail(&input::username, "must not be empty");
  } else if (*length > most_code_points) {
    fail(&input::username, "must have at most 64 characters");
  }
}

void validation::check_metadata(const nlohmann::json& metadata) {
  constexpr std::size_t most_bytes = 2048;
  if (has_control_character_within(metadata)) {
    fail(&input::metadata, "must not hold control characters");
  } else if (metadata.dump().size() > most_bytes) {
    fail(&input::metadata, "must have at most 2048 bytes");
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
