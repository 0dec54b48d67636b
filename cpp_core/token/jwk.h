// A JSON Web Key (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2) becomes a key of ours, or an error that says what is wrong.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "token/data_key.h"
#include "token/key.h"

namespace gatehouse::token {

struct read_jwk {
  token::key key;
  std::optional<token::key> for_urls{};  // with a refresh key: what is derived from it
  bool symmetric = false;
  nlohmann::json published;  // its public members; null where it has none (REQUIREMENTS 19)
};

// What gatehouse takes: oct of 32 bytes or more for HS256; OKP Ed25519; EC P-256 for ES256; RSA of 2048 bits or more
// for RS256. `use` is "sig" or absent for access tokens, "gatehouse-refresh" (oct only) for refresh tokens. `kid` is
// required. Private and oct keys sign, unless their key_ops say "verify" only. The error names no key material.
result<read_jwk> parse_jwk(const nlohmann::json& jwk);

// A key for secrets at rest: "use" is "gatehouse-data", and it is oct of 32 bytes or more, without "alg".
bool is_for_data(const nlohmann::json& jwk);
result<data_key> parse_data_jwk(const nlohmann::json& jwk);

}  // namespace gatehouse::token
