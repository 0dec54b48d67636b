// Hashes that iterate MD5, each in its own way: htpasswd's $apr1$ (MD5-crypt with another magic, which crypt(3) does
// not know) and phpass's $P$ and $H$.
#pragma once

#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::password {

// The contract of both is that of password/imported_hash.h.
result<bool> apr1_hash_matches(const secret& password, const std::string& stored);
result<bool> phpass_hash_matches(const secret& password, const std::string& stored);

}  // namespace gatehouse::password
