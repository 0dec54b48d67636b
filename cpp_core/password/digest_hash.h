// Hashes that libcrypto computes: salted or plain digests as LDAP and htpasswd -s write them, and Django's PBKDF2.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::password {

// The contract of both is that of password/imported_hash.h.

// {SHA}, {SSHA}, {SSHA256}, {SSHA512}, then in base64 the digest of password and salt, and the salt (RFC 3112 for one).
result<bool> ldap_hash_matches(const secret& password, const std::string& stored);

// pbkdf2_sha256$<iterations>$<salt>$<hash in base64>.
result<bool> django_hash_matches(const secret& password, const std::string& stored);

}  // namespace gatehouse::password
