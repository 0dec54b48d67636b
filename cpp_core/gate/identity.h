// Who a request is from, as the app and the rules see it. Made once per verified token, shared by every request that
// carries it, never changed. Counted references, one thread: a count, not an atomic.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "session/revocations.h"
#include "token/access_token.h"

namespace gatehouse::gate {

// What Remote-User says (the realm's directive remote_user).
enum class remote_user { id, username, email };

// What a user's token for a client that is no browser says beside whose it is.
struct user_token_traits {
  std::string name;
  std::vector<std::string> scopes;
};

class identity {
 public:
  // `realm`: its name. `trust_unverified_email`: it says verify_email off, so what people type counts as theirs.
  // `by`: the user's token that shows it; nullopt: the user himself, who has every scope.
  identity(std::string_view realm, token::access_claims claims, remote_user shown_as, bool trust_unverified_email,
           std::optional<user_token_traits> by = {});

  const std::string& user_id() const { return user_id_; }
  const std::string& session_id() const { return session_id_; }
  unix_seconds expires_at() const { return expires_at_; }
  // When the user last proved who he is; 0: the token does not say.
  unix_seconds auth_time() const { return auth_time_; }
  // When the session ends however busy it is; a token that does not say ends with itself.
  unix_seconds session_expires_at() const { return session_expires_at_; }
  // The only host that the token is good at; empty: it is good at any.
  const std::string& host() const { return host_; }
  // What the table of revocations is asked about.
  const session::holder& holder() const { return holder_; }

  // Empty where absent; an e-mail only when it may be trusted.
  const std::string& email() const { return email_; }
  const std::string& name() const { return name_; }
  const std::string& username() const { return username_; }
  const std::string& roles_joined() const { return roles_joined_; }
  const std::string& shown() const { return shown_; }  // Remote-User
  // Has none of them a control character?
  bool is_clean() const { return clean_; }

  bool has_role(std::string_view role) const;
  bool has_scope(std::string_view scope) const;
  // Of the user's token; empty: none, or there is no such token.
  const std::string& scopes_joined() const { return scopes_joined_; }  // by commas
  const std::string& token_name() const { return token_name_; }
  // A string as it is, anything else as JSON; empty where absent.
  std::string_view claim(std::string_view name) const;
  // The same by the name of a variable, which nginx has lowered; an exact match goes first.
  std::string_view claim_of_variable(std::string_view name) const;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

 private:
  ~identity() = default;

  std::string user_id_, session_id_, host_;
  unix_seconds expires_at_;
  unix_seconds session_expires_at_;
  unix_seconds auth_time_;
  session::holder holder_;
  std::string email_, name_, username_, roles_joined_, shown_, scopes_joined_, token_name_;
  std::vector<std::string> roles_;
  std::optional<std::vector<std::string>> scopes_;  // nullopt: all
  std::unordered_map<std::string, std::string> claims_;
  bool clean_ = false;
  std::uint32_t references_ = 1;
};

// One counted reference.
class identity_ref {
 public:
  identity_ref() = default;
  // Takes over the reference that `who` came with.
  explicit identity_ref(identity* who) noexcept : who_(who) {}
  identity_ref(const identity_ref& other) noexcept : who_(other.who_) {
    if (who_ != nullptr) who_->retain();
  }
  identity_ref(identity_ref&& other) noexcept : who_(std::exchange(other.who_, nullptr)) {}
  identity_ref& operator=(identity_ref other) noexcept {
    std::swap(who_, other.who_);
    return *this;
  }
  ~identity_ref() {
    if (who_ != nullptr) who_->release();
  }

  explicit operator bool() const noexcept { return who_ != nullptr; }
  const identity* operator->() const noexcept { return who_; }
  const identity& operator*() const noexcept { return *who_; }
  // Gives the reference away, to the C side of the door.
  identity* detach() noexcept { return std::exchange(who_, nullptr); }

 private:
  identity* who_ = nullptr;
};

}  // namespace gatehouse::gate
