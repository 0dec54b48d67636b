// The keys of a realm, from the text of its JWK Set file (RFC 7517 §5). Read-only once parsed, but for one
// thread at a time.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "token/data_key.h"
#include "token/key.h"

namespace gatehouse::token {

class key_set {
 public:
  // Refuses the whole set for one unusable key (REQUIREMENTS 4 and 5), for a kid used twice, for HMAC keys beside
  // public keys among those of access tokens, and where nothing can sign access tokens or nothing refresh tokens. The
  // error names the key by number and kid and says what to do, without key material.
  static result<key_set> parse(std::string_view json);

  // The first of each use that may sign.
  const key& access_signing_key() const { return keys_[access_signing_]; }
  const key& refresh_signing_key() const { return keys_[refresh_signing_]; }
  // Each refresh key has one derived for URLs beside it: for as long as the one is in the file, the other is good.
  const key& url_signing_key() const { return keys_[url_signing_]; }

  // Of secrets at rest: the first that may seals, and all open, so a new one goes before the old one in the file. Null:
  // there is none, or none of that name.
  const data_key* sealing_key() const noexcept;
  const data_key* find_data_key(std::string_view id) const noexcept;

  // Null: no such key of that use. `id` is compared as it is and means nothing else (REQUIREMENTS 12).
  const key* find(key_use use, std::string_view id) const noexcept;

  // Has any key of that use signed it? For what names no key; what it is must show in the input.
  bool verify_by_any(key_use use, std::string_view input, std::string_view signed_with) const noexcept;

  // The key that a header, which has been read, chose: the next token has the same one. Null: another header.
  const key* recall(key_use use, std::string_view type, std::string_view header) const noexcept;
  void remember(key_use use, std::string_view type, std::string_view header, const key& chosen) const;

  // A JWK Set of the public halves, for whoever else verifies access tokens; {"keys":[]} where all are HMAC keys.
  // A retired key is in it for as long as it is in the file (REQUIREMENTS 19).
  const std::string& public_jwks() const { return public_jwks_; }

 private:
  key_set() = default;

  struct read_header {
    std::string type;  // that was asked for
    std::string header;
    const key* chosen = nullptr;
  };

  bool has(std::string_view id) const noexcept;

  std::vector<key> keys_;
  std::vector<data_key> data_keys_;
  mutable std::array<read_header, 2> last_;  // by use
  std::size_t access_signing_ = 0;
  std::size_t refresh_signing_ = 0;
  std::size_t url_signing_ = 0;
  std::string public_jwks_;
};

}  // namespace gatehouse::token
