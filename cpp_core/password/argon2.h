// Argon2 by libsodium (RFC 9106): faster here than libargon2 at the same parameters. Blocks for as long as the cost
// says: call it on a hash thread, or where waiting is no harm. Any thread may call; libsodium is initialised at need.
#pragma once

#include "base/result.h"
#include "base/secret.h"
#include "password/parameters.h"
#include "password/phc_string.h"

namespace gatehouse::password {

// Argon2id with one lane, a salt of 128 random bits, 256 bits of hash. unavailable: no memory.
result<phc_string> argon2_hash(const secret& password, const parameters& cost);

// Compares in constant time. unavailable: no memory.
result<bool> argon2_matches(const secret& password, const phc_string& stored);

// Whether argon2_hash() at this cost would make such a hash: the same parameters and lengths.
bool argon2_is_current(const phc_string& stored, const parameters& cost);

// What argon2_hash() might have made, but of no password: salt and hash are random. Does not block.
phc_string argon2_decoy(const parameters& cost);

}  // namespace gatehouse::password
