#include "password/base64.h"

#include <sodium.h>

#include <algorithm>

namespace gatehouse::password {

std::optional<std::string> decode_base64(std::string_view text, padding wanted, std::size_t most_bytes) {
  // libsodium takes bytes above 0x7F for digits.
  if (std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) > 0x7F; })) return std::nullopt;
  const int variant =
      wanted == padding::required ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_ORIGINAL_NO_PADDING;
  std::string bytes(most_bytes, '\0');
  std::size_t size = 0;
  const int decoded = sodium_base642bin(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(), text.data(),
                                        text.size(), nullptr, &size, nullptr, variant);
  if (decoded != 0) return std::nullopt;
  bytes.resize(size);
  return bytes;
}

}  // namespace gatehouse::password
