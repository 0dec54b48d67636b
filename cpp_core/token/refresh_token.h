// Refresh tokens: `typ: rt+jwt`, signed by keys of their own, so that neither a forgery nor an access token ever gets
// as far as Redis. What the current one of a session is, only the session knows.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "token/jwt.h"
#include "token/key_set.h"

namespace gatehouse::token {

// What somebody presents as a refresh token. Does not own its text.
class refresh_token {
 public:
  explicit refresh_token(std::string_view text) : text_(text) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct refresh_claims {
  std::string subject;
  std::string session_id;
  std::int64_t generation = 0;
  unix_seconds issued_at = 0;
  unix_seconds expires_at = 0;
  std::string key_id;  // which key of the set signs, or has signed
  // Of a seat: which one, and the name of the only host that it is good at. Empty: of the login itself.
  std::string seat;
  std::string host;
};

// The same input gives the same bytes: a client that asks twice gets the same successor. Throws
// std::runtime_error if the set has no refresh key `claims.key_id` any more, else as sign() does.
std::string mint_refresh(const key_set& keys, const refresh_claims& claims, std::string_view issuer,
                         std::string_view audience);

// `leeway` as in expectation.
verified<refresh_claims> verify_refresh(const key_set& keys, refresh_token presented, std::string_view issuer,
                                        std::string_view audience, unix_seconds now, unix_seconds leeway = 0);

}  // namespace gatehouse::token
