#include "gate/identity.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

std::string text_claim(const nlohmann::json& claims, const char* name) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_string() ? found->get<std::string>() : std::string();
}

unix_seconds time_claim(const nlohmann::json& claims, const char* name, unix_seconds absent) {
  const auto found = claims.find(name);
  return found != claims.end() && found->is_number_integer() ? found->get<unix_seconds>() : absent;
}

// A role with a comma in it would read as two in Remote-Groups.
bool usable_role(const nlohmann::json& role) {
  return role.is_string() && !role.get_ref<const std::string&>().empty() &&
         role.get_ref<const std::string&>().find(',') == std::string::npos;
}

}  // namespace

identity::identity(std::string_view realm, token::access_claims claims, remote_user shown_as,
                   bool trust_unverified_email, std::optional<user_token_traits> by)
    : user_id_(std::move(claims.subject)),
      session_id_(std::move(claims.session_id)),
      host_(text_claim(claims.all, "host")),
      expires_at_(claims.expires_at),
      session_expires_at_(time_claim(claims.all, "session_expires", claims.expires_at)),
      auth_time_(time_claim(claims.all, "auth_time", 0)),
      holder_{session::session_mark(realm, session_id_), session::user_mark(realm, user_id_), claims.auth_version,
              claims.issued_at},
      name_(text_claim(claims.all, "name")),
      username_(text_claim(claims.all, "preferred_username")) {
  const auto verified = claims.all.find("email_verified");
  const bool email_is_verified = verified != claims.all.end() && verified->is_boolean() && verified->get<bool>();
  const bool trust_email = trust_unverified_email || email_is_verified;
  if (trust_email) email_ = text_claim(claims.all, "email");

  if (const auto roles = claims.all.find("roles"); roles != claims.all.end() && roles->is_array()) {
    for (const nlohmann::json& role : *roles) {
      if (!usable_role(role)) continue;
      roles_.push_back(role.get<std::string>());
      if (!roles_joined_.empty()) roles_joined_ += ',';
      roles_joined_ += roles_.back();
    }
  }

  for (const auto& [name, value] : claims.all.items()) {
    if (name == "email" && !trust_email) continue;
    claims_.emplace(name, value.is_string() ? value.get<std::string>() : value.dump());
  }

  if (by) {
    token_name_ = std::move(by->name);
    for (const std::string& scope : by->scopes) scopes_joined_.append(scopes_joined_.empty() ? "" : ",").append(scope);
    scopes_ = std::move(by->scopes);
  }

  switch (shown_as) {
    case remote_user::id:
      shown_ = user_id_;
      break;
    case remote_user::username:
      shown_ = username_;
      break;
    case remote_user::email:
      shown_ = email_;
      break;
  }

  clean_ = std::ranges::none_of(
      std::array{&user_id_, &session_id_, &email_, &name_, &username_, &roles_joined_, &scopes_joined_, &token_name_},
      [](const std::string* each) { return has_control_character(*each); });
}

bool identity::has_role(std::string_view role) const { return std::ranges::find(roles_, role) != roles_.end(); }

bool identity::has_scope(std::string_view scope) const {
  return !scopes_ || std::ranges::find(*scopes_, scope) != scopes_->end();
}

std::string_view identity::claim(std::string_view name) const {
  const auto found = claims_.find(std::string(name));
  return found == claims_.end() ? std::string_view() : std::string_view(found->second);
}

std::string_view identity::claim_of_variable(std::string_view name) const {
  if (const std::string_view exact = claim(name); !exact.empty()) return exact;
  const auto found =
      std::ranges::find_if(claims_, [name](const auto& each) { return equal_ignoring_case(each.first, name); });
  return found == claims_.end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace gatehouse::gate
