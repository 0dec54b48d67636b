// Access tokens: `typ: at+jwt` (RFC 9068), with our sid and av: the session, and the version of the user.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "token/jwt.h"
#include "token/key_set.h"

namespace gatehouse::token {

// What somebody presents as an access token. Does not own its text.
class access_token {
 public:
  explicit access_token(std::string_view text) : text_(text) {}
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct access_claims {
  claim_set all;  // no control character in any string or name
  std::int64_t auth_version = 0;
  unix_seconds issued_at = 0;
  unix_seconds expires_at = 0;

  std::string_view subject() const { return all.text("sub"); }
  std::string_view session_id() const { return all.text("sid"); }
};

// `extra_claims`: an object, or null for none; iss, aud, sub, sid, av, iat, exp and nbf in it are ignored.
// Throws as sign() does.
std::string mint_access(const key_set& keys, std::string_view issuer, std::string_view audience,
                        std::string_view subject, std::string_view session_id, std::int64_t auth_version,
                        unix_seconds issued_at, unix_seconds expires_at, nlohmann::json extra_claims);

// `leeway` as in expectation. sub, sid and av are required.
verified<access_claims> verify_access(const key_set& keys, access_token presented, std::string_view issuer,
                                      std::string_view audience, unix_seconds now, unix_seconds leeway = 0);

}  // namespace gatehouse::token
