// Who a request is from, as the app and the rules see it. Made once per verified token, shared by every request that
// carries it, never changed. Counted references, one thread: a count, not an atomic.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "session/revocations.h"
#include "token/access_token.h"
#include "token/claim_set.h"

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
  // `realm`: its name. `trust_unverified_email`: it says
  // verify_email off, so what people type counts as theirs. `by`: the user's token that shows it; nullopt: the user
  // himself, who has every scope.
  identity(std::string_view realm, token::access_claims claims, remote_user shown_as, bool trust_unverified_email,
           std::optional<user_token_traits> by = {});

  const std::string& user_id() const { return user_id_; }
  const std::string& session_id() const { return session_id_; }
  unix_seconds expires_at() const { return expires_at_; }
  // When the user last proved who he is; 0: the token does not say, as of a client that is no session of his.
  unix_seconds auth_time() const { return holder_.auth_time; }
  // Does amr say so: a second factor, or a passkey that has verified its user?
  bool has_mfa() const { return has_mfa_; }
  // When the session ends however busy it is; a token that does not say ends with itself.
  unix_seconds session_expires_at() const { return session_expires_at_; }
  // The only host that the token is good at; empty: it is good at any.
  std::string_view host() const { return view_of(host_); }
  // What the table of revocations is asked about.
  const session::holder& holder() const { return holder_; }

  // Empty where absent; an e-mail only when it may be trusted.
  std::string_view email() const { return view_of(email_); }
  std::string_view name() const { return view_of(name_); }
  std::string_view username() const { return view_of(username_); }
  std::string_view roles_joined() const { return view_of(roles_joined_); }
  std::string_view shown() const;                                       // Remote-User
  std::string_view amr_joined() const { return view_of(amr_joined_); }  // by spaces (RFC 8176)
  // Has none of them a control character?
  bool is_clean() const { return clean_; }

  bool has_role(std::string_view role) const;
  bool has_scope(std::string_view scope) const;
  // Of the user's token; empty: none, or there is no such token.
  std::string_view scopes_joined() const { return view_of(scopes_joined_); }  // by commas
  std::string_view token_name() const { return view_of(token_name_); }
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

  using extent = token::claim_set::extent;
  std::string_view view_of(extent part) const { return std::string_view(text_).substr(part.at, part.size); }
  extent append(std::string_view what);  // to text_
  const std::unordered_map<std::string, std::string>& claims() const;

  std::string user_id_, session_id_;
  unix_seconds expires_at_;
  unix_seconds session_expires_at_;
  session::holder holder_;
  std::string text_;  // the claims as they were written, and what else the extents are parts of
  extent json_, host_, email_, name_, username_, roles_joined_, amr_joined_, scopes_joined_, token_name_;
  remote_user shown_as_;
  bool trust_email_ = false;
  bool has_every_scope_ = true;
  bool has_mfa_ = false;
  // Of all claims, once anybody has asked for one: most realms need none but those above.
  mutable std::unique_ptr<std::unordered_map<std::string, std::string>> claims_;
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
