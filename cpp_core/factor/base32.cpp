#include "factor/base32.h"

#include <cstdint>

namespace gatehouse::factor {

std::string base32_encode(std::string_view bytes, std::string_view alphabet) {
  constexpr unsigned bits_each = 5;
  constexpr unsigned mask = 31;
  std::string text;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (const char byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= bits_each; bits -= bits_each) text += alphabet[held >> (bits - bits_each) & mask];
  }
  if (bits > 0) text += alphabet[held << (bits_each - bits) & mask];
  return text;
}

}  // namespace gatehouse::factor
