// Secrets at rest: XChaCha20-Poly1305 (libsodium) under a key of the realm for that ("use":"gatehouse-data"), whose
// name is kept beside. Whoever reads the database alone learns nothing, and who writes into it can give one user's
// secret to nobody else: what it belongs to is authenticated with it.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "token/key_set.h"

namespace gatehouse::factor {

struct sealed {
  std::string key_id;
  std::string bytes;  // the nonce, the ciphertext, the tag
};

// What a factor's secret belongs to.
std::string sealed_for(std::string_view realm, std::string_view user_id, std::string_view factor_id);

// `context`: what it belongs to. Throws std::runtime_error if libsodium fails.
sealed seal(const token::data_key& key, const secret& plain, std::string_view context);

// internal: its key is not in the file any more, or it is not what seal() has made for this context. The error names
// the key.
result<secret> open(const token::key_set& keys, const sealed& kept, std::string_view context);

}  // namespace gatehouse::factor
