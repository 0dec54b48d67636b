// Who is it? From a request's credentials to an identity, without I/O: the cache of verified tokens, else the
// signature; then, each time, the table of revocations. Nothing is allocated on a cache hit.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "gate/identity.h"
#include "gatehouse.h"
#include "session/revocations.h"
#include "token/key_set.h"
#include "token/verified_cache.h"

namespace gatehouse::gate {

// RFC 6750 §3: bare where no credentials were sent (REQUIREMENTS 21).
inline constexpr const char* challenge_bearer = "Bearer";
inline constexpr const char* challenge_invalid_token = "Bearer error=\"invalid_token\"";
inline constexpr const char* challenge_insufficient_scope = "Bearer error=\"insufficient_scope\"";

struct decision {
  gh_verdict verdict = GH_FAILED;
  identity_ref who;  // with GH_ALLOWED
};

// What the realm says of its tokens.
struct token_rules {
  std::string realm;
  const token::key_set& keys;
  std::string issuer;
  std::string audience;
  remote_user shown_as;
  bool trust_unverified_email;
};

class authenticator {
 public:
  // What `rules` refers to and the table outlive this. `table` may be null, in tests: nothing is revoked.
  authenticator(token_rules rules, const session::revocations* table);

  decision authenticate(std::span<const std::string_view> authorization);

 private:
  decision authenticate_token(std::string_view token);
  identity_ref verify(std::string_view token, unix_seconds now);

  token_rules rules_;
  const session::revocations* table_;
  sha256_hasher hasher_;
  token::verified_cache<identity_ref> verified_;
};

}  // namespace gatehouse::gate
