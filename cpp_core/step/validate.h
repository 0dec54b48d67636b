// The rules for what people type, in one place for every dialect. A rule that does not hold adds a field error.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/email.h"
#include "realm/settings.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::operation {

// Why it is no name for what a user has several of, tokens or factors; null: it is one.
const char* fault_of_label(std::string_view name);

class validation {
 public:
  void fail(field_id field, std::string reason) { errors_.push_back({field, std::move(reason)}); }
  bool failed() const { return !errors_.empty(); }
  std::vector<field_error> errors() && { return std::move(errors_); }

  // 1–200 code points, not only spaces, no control character, none that ends a line or turns the direction of text.
  void check_name(const std::string& name);
  // 1–64 code points; no @, for then it could be taken for an e-mail; no character that a name may not have.
  void check_username(const std::string& username);
  // It is a claim of access tokens: at most 2 KiB as JSON, and no control character in any string.
  void check_metadata(const nlohmann::json& metadata);
  std::optional<account::email> check_email(const std::string& typed);
  // The policy of the realm, and that the confirmation, where there is one, says the same.
  void check_password(const realm::settings& realm, const input& in, const std::string& name, const std::string& email,
                      const std::string& username);

 private:
  std::vector<field_error> errors_;
};

}  // namespace gatehouse::operation
