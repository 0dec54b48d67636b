#include "gate/user_token.h"

#include <algorithm>
#include <cstdint>

#include "base/base64url.h"
#include "base/random.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t random_byte_count = 32;
constexpr std::size_t random_size = 43;  // of base64url
constexpr std::size_t sum_size = 6;

// CRC-32 as zlib, PNG and GitHub's tokens have it (ISO 3309): reflected, 0xEDB88320.
std::uint32_t crc32(std::string_view text) {
  constexpr std::uint32_t polynomial = 0xEDB88320;
  std::uint32_t crc = ~std::uint32_t{0};
  for (const unsigned char byte : text) {
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? polynomial : 0);
  }
  return ~crc;
}

std::string sum_of(std::string_view text) {
  const std::uint32_t crc = crc32(text);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(crc >> shift);
  return base64url_encode(bytes);
}

}  // namespace

secret make_user_token() {
  std::string text(user_token_prefix);
  text += random_base64url(random_byte_count);
  text += sum_of(text);
  const secret token{std::string_view(text)};
  OPENSSL_cleanse(text.data(), text.size());
  return token;
}

bool is_user_token(std::string_view text) {
  if (!begins_as_user_token(text) || text.size() != user_token_prefix.size() + random_size + sum_size) return false;
  const std::string_view summed = text.substr(0, text.size() - sum_size);
  return text.ends_with(sum_of(summed)) && base64url_decode(summed.substr(user_token_prefix.size())).has_value();
}

}  // namespace gatehouse::gate
