// A stored Argon2 hash, taken apart: $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>, both base64 without padding
// (https://github.com/P-H-C/phc-string-format).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "password/parameters.h"

namespace gatehouse::password {

struct phc_string {
  enum class variant { argon2id, argon2i };

  variant kind = variant::argon2id;
  parameters cost;
  std::uint32_t lanes = 1;
  std::string salt;  // 8 to 64 bytes
  std::string hash;  // 16 to 64 bytes
};

// Strict: the fields in this order, no leading zeros, nothing after the hash. Malformed, of another version, or of a
// cost that is not computable: an error of kind internal, since such a string should not be in the database. The
// error's text holds neither salt nor hash.
result<phc_string> parse_phc(std::string_view text);

std::string format_phc(const phc_string& parts);

}  // namespace gatehouse::password
