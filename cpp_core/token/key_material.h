// Key pairs from the numbers of a JWK. Each is checked here, at load: on the curve, of the right size, and the private
// half belonging to the public one. Errors name members, never their contents.
#pragma once

#include <string>

#include "base/evp.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::token {

// Big-endian unsigned numbers and encoded points, as decoded from the JWK. An empty private member: public key only.

struct ed25519_numbers {  // RFC 8037 §2
  std::string x;
  secret d;
};
result<evp_key> ed25519_key(const ed25519_numbers& numbers);

struct p256_numbers {  // RFC 7518 §6.2
  std::string x, y;
  secret d;
};
result<evp_key> p256_key(const p256_numbers& numbers);

struct rsa_numbers {  // RFC 7518 §6.3; the private ones all or none
  std::string n, e;
  secret d, p, q, dp, dq, qi;
};
result<evp_key> rsa_key(const rsa_numbers& numbers);

}  // namespace gatehouse::token
