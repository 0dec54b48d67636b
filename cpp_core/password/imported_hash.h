// Hashes that another system made, by crypt(3) of libxcrypt: bcrypt ($2a$, $2b$, $2y$), SHA-crypt ($5$, $6$) and
// yescrypt ($y$). They are verified once and replaced by Argon2id at that login, so they need no more than this.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::password {

// Blocks for as long as the hash's own cost says. A password with a NUL, or beyond libxcrypt's 511 bytes, never
// matches; of a longer one bcrypt reads 72 bytes, as it did where the hash was made. An error of kind internal: another
// kind of hash, malformed, of a cost of more than some seconds or 1 GiB, or memory is short.
result<bool> imported_hash_matches(const secret& password, const std::string& stored);

}  // namespace gatehouse::password
