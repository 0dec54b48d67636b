// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/evp.h"

namespace gatehouse {

using sha256_digest = std::array<std::uint8_t, 32>;

// For the read path of every guarded request: the algorithm is looked up once and the context is used again, where
// OpenSSL 3's one-shot calls do both each time. One thread at a time. For a single hash: sha256_hasher()(bytes).
class sha256_hasher {
 public:
  sha256_hasher();  // throws std::runtime_error where libcrypto has no SHA-256 or no memory

  // Allocates nothing. Throws std::runtime_error if libcrypto fails.
  sha256_digest operator()(std::string_view bytes);

 private:
  evp_md algorithm_;
  evp_md_context context_;
};

}  // namespace gatehouse
