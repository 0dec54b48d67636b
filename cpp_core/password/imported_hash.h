// Hashes that another system made. They are verified once and replaced by Argon2id at that login, so they need no more
// than this. By how they begin:
//
//   $2a$ $2b$ $2y$ $5$ $6$ $y$ $gy$ $1$     crypt(3), by libxcrypt
//   $apr1$                                  Apache's htpasswd
//   $P$ $H$                                 phpass: WordPress, phpBB
//   {SHA} {SSHA} {SSHA256} {SSHA512}        htpasswd -s, LDAP
//   pbkdf2_sha256$                          Django
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::password {

// Blocks for as long as the hash's own cost says. An error of kind internal: another kind of hash, malformed, or of a
// cost of more than some seconds or 1 GiB; its text says why it cannot be verified, and holds nothing of it.
// unavailable: no memory.
result<bool> imported_hash_matches(const secret& password, const std::string& stored);

}  // namespace gatehouse::password
