// Where to look for a token among many: a hash of its length and its end, keyed anew in each process, so that nobody
// outside can tell or choose which tokens meet. What it finds is compared whole.
#pragma once

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "base/random.h"

namespace gatehouse::token {

class token_tag {
 public:
  token_tag() { random_bytes(std::as_writable_bytes(std::span(key_))); }

  // SipHash-2-4. The end of a token is its signature, which differs wherever anything differs.
  std::uint64_t operator()(std::string_view token) const noexcept {
    struct {
      std::uint64_t length;
      std::array<char, 24> end;
    } seen{token.size(), {}};
    const std::size_t size = std::min(token.size(), seen.end.size());
    std::memcpy(seen.end.data(), token.data() + (token.size() - size), size);
    std::uint64_t tag = 0;
    static_assert(sizeof tag == crypto_shorthash_BYTES);
    crypto_shorthash(reinterpret_cast<unsigned char*>(&tag), reinterpret_cast<const unsigned char*>(&seen), sizeof seen,
                     key_.data());
    return tag;
  }

 private:
  std::array<unsigned char, crypto_shorthash_KEYBYTES> key_;
};

}  // namespace gatehouse::token
