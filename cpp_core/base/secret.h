// Bytes that must not leak: wiped when released, never printable, not comparable by accident.
#pragma once

#include <openssl/crypto.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse {

// Constant time in the contents (REQUIREMENTS 18); the lengths are not secret. 64 bytes at a time: CRYPTO_memcmp goes
// by single bytes.
inline bool same_bytes(std::string_view one, std::string_view other) noexcept {
  if (one.size() != other.size()) return false;
  using piece = std::uint64_t __attribute__((vector_size(16)));
  const auto difference = [](const char* x, const char* y, auto of_x) {
    auto of_y = of_x;
    std::memcpy(&of_x, x, sizeof of_x);
    std::memcpy(&of_y, y, sizeof of_y);
    return of_x ^ of_y;
  };
  const char* a = one.data();
  const char* b = other.data();
  std::size_t left = one.size();
  piece wide{};
  for (; left >= 4 * sizeof(piece); left -= 4 * sizeof(piece), a += 4 * sizeof(piece), b += 4 * sizeof(piece)) {
#pragma GCC unroll 4
    for (std::size_t at = 0; at < 4 * sizeof(piece); at += sizeof(piece)) wide |= difference(a + at, b + at, piece{});
    asm("" : "+m"(wide));  // the compiler is not to see when the rest no longer matters
  }
  std::uint64_t all = wide[0] | wide[1];
  for (; left >= sizeof all; left -= sizeof all, a += sizeof all, b += sizeof all) {
    all |= difference(a, b, std::uint64_t{});
    asm("" : "+r"(all));
  }
  for (; left > 0; --left, ++a, ++b) {
    all |= static_cast<std::uint64_t>(difference(a, b, std::uint8_t{}));
    asm("" : "+r"(all));
  }
  return all == 0;
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
