// Hashes of crypt(3), by libxcrypt: bcrypt ($2a$, $2b$, $2y$), SHA-crypt ($5$, $6$), yescrypt ($y$, $gy$) and MD5-crypt
// ($1$).
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::password {

// The contract is that of password/imported_hash.h. A password with a NUL, or beyond libxcrypt's 511 bytes, never
// matches; of a longer one bcrypt reads 72 bytes, as it did where the hash was made.
result<bool> crypt_hash_matches(const secret& password, const std::string& stored);

}  // namespace gatehouse::password
