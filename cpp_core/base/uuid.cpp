#include "base/uuid.h"

#include <array>

#include "base/random.h"

namespace gatehouse {

namespace {

constexpr std::string_view hexadecimal = "0123456789abcdef";
constexpr std::size_t uuid_length = 36;

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::string new_uuid() {
  std::array<std::byte, 16> bytes;
  random_bytes(bytes);
  bytes[6] = (bytes[6] & std::byte{0x0f}) | std::byte{0x40};  // version 4 (RFC 9562 §5.4)
  bytes[8] = (bytes[8] & std::byte{0x3f}) | std::byte{0x80};  // variant (§4.1)

  std::string text;
  text.reserve(uuid_length);
  for (const std::byte byte : bytes) {
    if (is_dash_position(text.size())) text += '-';
    text += hexadecimal[std::to_integer<unsigned>(byte >> 4)];
    text += hexadecimal[std::to_integer<unsigned>(byte & std::byte{0x0f})];
  }
  return text;
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != uuid_length) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_dash_position(i) ? text[i] != '-' : hexadecimal.find(text[i]) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace gatehouse
