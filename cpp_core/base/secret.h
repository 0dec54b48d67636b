// Bytes that must not leak: wiped when released, never printable, not comparable by accident.
#pragma once

#include <openssl/crypto.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {

// Constant time in the contents (REQUIREMENTS 18); the lengths are not secret. A word at a time: CRYPTO_memcmp goes by
// single bytes.
inline bool same_bytes(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size()) return false;
  std::uint64_t difference = 0;
  const auto compare = [&](std::size_t at, auto piece) {
    auto other_piece = piece;
    std::memcpy(&piece, one.data() + at, sizeof piece);
    std::memcpy(&other_piece, other.data() + at, sizeof piece);
    difference |= piece ^ other_piece;
    asm("" : "+r"(difference));  // the compiler is not to see when the rest no longer matters
  };
  std::size_t at = 0;
  for (; at + sizeof difference <= one.size(); at += sizeof difference) compare(at, std::uint64_t{});
  for (; at < one.size(); ++at) compare(at, std::uint8_t{});
  return difference == 0;
}

class secret {
 public:
  secret() = default;
  explicit secret(std::string_view bytes) : bytes_(bytes) {}
  secret(const secret&) = default;
  secret(secret&& other) noexcept { bytes_.swap(other.bytes_); }
  secret& operator=(const secret& other) {
    if (this != &other) {
      wipe();
      bytes_ = other.bytes_;
    }
    return *this;
  }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      wipe();
      bytes_.clear();
      bytes_.swap(other.bytes_);
    }
    return *this;
  }
  ~secret() { wipe(); }

  bool empty() const noexcept { return bytes_.empty(); }
  std::size_t size() const noexcept { return bytes_.size(); }
  // The bytes, for the one call that needs them. Never log or store what this returns.
  std::string_view reveal() const noexcept { return bytes_; }

  bool same_as(const secret& other) const noexcept { return same_bytes(bytes_, other.bytes_); }

 private:
  // All it has room for: a short string that was moved from keeps its bytes inside.
  void wipe() noexcept {
    bytes_.resize(bytes_.capacity());
    OPENSSL_cleanse(bytes_.data(), bytes_.size());
  }

  std::string bytes_;
};

}  // namespace gatehouse
