#include "gate/identity.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

constexpr std::int64_t any = std::numeric_limits<std::int64_t>::max();

// A role with a comma in it would read as two in Remote-Groups.
std::string join_roles(const token::claim_set& claims) {
  std::string joined;
  claims.for_each_text("roles", [&](std::optional<std::string_view> role) {
    if (!role || role->empty() || role->find(',') != std::string_view::npos) return;
    joined.append(joined.empty() ? "" : ",").append(*role);
  });
  return joined;
}

// How the user has proved who he is, and whether by more than one factor.
struct methods {
  std::string joined;
  bool has_mfa = false;
};

methods methods_of(const token::claim_set& claims) {
  methods shown;
  claims.for_each_text("amr", [&](std::optional<std::string_view> method) {
    if (!method) return;
    shown.joined.append(shown.joined.empty() ? "" : " ").append(*method);
    shown.has_mfa = shown.has_mfa || *method == "mfa";
  });
  return shown;
}

bool is_among(std::string_view joined, std::string_view wanted) {
  while (!joined.empty()) {
    const std::string_view each = joined.substr(0, joined.find(','));
    if (each == wanted) return true;
    joined.remove_prefix(std::min(each.size() + 1, joined.size()));
  }
  return false;
}

session::holder holder_of(std::string_view realm, const token::access_claims& claims) {
  return {session::session_mark(realm, claims.session_id()), session::user_mark(realm, claims.subject()),
          claims.auth_version, claims.issued_at, claims.all.whole_number("auth_time", any).value_or(0)};
}

}  // namespace

identity::identity(std::string_view realm, token::access_claims claims, remote_user shown_as,
                   bool trust_unverified_email, std::optional<user_token_traits> by)
    : user_id_(claims.subject()),
      session_id_(claims.session_id()),
      expires_at_(claims.expires_at),
      session_expires_at_(claims.all.whole_number("session_expires", any).value_or(claims.expires_at)),
      holder_(holder_of(realm, claims)),
      json_{0, static_cast<std::uint32_t>(claims.all.json().size())},
      host_(claims.all.text_extent("host")),
      name_(claims.all.text_extent("name")),
      username_(claims.all.text_extent("preferred_username")),
      shown_as_(shown_as),
      trust_email_(trust_unverified_email || claims.all.is_true("email_verified")),
      clean_(!claims.all.has_control_character()) {
  if (trust_email_) email_ = claims.all.text_extent("email");
  const std::string roles = join_roles(claims.all);
  const methods shown = methods_of(claims.all);
  has_mfa_ = shown.has_mfa;
  std::string scopes;
  if (by) {
    for (const std::string& scope : by->scopes) scopes.append(scopes.empty() ? "" : ",").append(scope);
    has_every_scope_ = false;
    clean_ = clean_ && !has_control_character(scopes) && !has_control_character(by->name);
  }
  const std::string said = std::move(claims.all).take_text();
  const std::string_view token_name = by ? std::string_view(by->name) : std::string_view();
  // A grown string has twice the room.
  text_.reserve(said.size() + roles.size() + shown.joined.size() + scopes.size() + token_name.size());
  text_ = said;
  roles_joined_ = append(roles);
  amr_joined_ = append(shown.joined);
  scopes_joined_ = append(scopes);
  token_name_ = append(token_name);
}

identity::extent identity::append(std::string_view what) {
  if (what.empty()) return {};
  const extent made{static_cast<std::uint32_t>(text_.size()), static_cast<std::uint32_t>(what.size())};
  text_ += what;
  return made;
}

std::string_view identity::shown() const {
  switch (shown_as_) {
    case remote_user::id:
      return user_id_;
    case remote_user::username:
      return username();
    case remote_user::email:
      return email();
  }
  return {};
}

bool identity::has_role(std::string_view role) const { return is_among(roles_joined(), role); }

bool identity::has_scope(std::string_view scope) const { return has_every_scope_ || is_among(scopes_joined(), scope); }

const std::unordered_map<std::string, std::string>& identity::claims() const {
  if (claims_) return *claims_;
  claims_ = std::make_unique<std::unordered_map<std::string, std::string>>();
  const nlohmann::json all = nlohmann::json::parse(view_of(json_));
  for (const auto& [name, value] : all.items()) {
    if (name == "email" && !trust_email_) continue;
    claims_->emplace(name, value.is_string() ? value.get<std::string>() : value.dump());
  }
  return *claims_;
}

std::string_view identity::claim(std::string_view name) const {
  const auto found = claims().find(std::string(name));
  return found == claims().end() ? std::string_view() : std::string_view(found->second);
}

std::string_view identity::claim_of_variable(std::string_view name) const {
  if (const std::string_view exact = claim(name); !exact.empty()) return exact;
  const auto found =
      std::ranges::find_if(claims(), [name](const auto& each) { return equal_ignoring_case(each.first, name); });
  return found == claims().end() ? std::string_view() : std::string_view(found->second);
}

}  // namespace gatehouse::gate
