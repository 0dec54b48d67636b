#include "gate/return_address.h"

#include <algorithm>

namespace gatehouse::gate {

namespace {

constexpr std::size_t most_address_bytes = 8192;

bool is_plain(char c) { return c > ' ' && c < 0x7f && c != '\\'; }

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

void encode(char c, std::string& into) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  into += '%';
  into += digits[byte >> 4U];
  into += digits[byte & 15U];
}

}  // namespace

bool is_safe_return(std::string_view address, std::span<const std::string_view> allowed) {
  if (std::ranges::find(allowed, address) != allowed.end()) return true;
  if (address.empty() || address.size() > most_address_bytes || address.front() != '/') return false;
  if (address.size() > 1 && address[1] == '/') return false;
  return std::ranges::all_of(address, is_plain);
}

std::string plain_address(std::string_view uri) {
  std::string plain;
  for (const char c : uri) {
    if (is_plain(c)) {
      plain += c;
    } else {
      encode(c, plain);
    }
  }
  return plain;
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded += c;
    } else {
      encode(c, encoded);
    }
  }
  return encoded;
}

}  // namespace gatehouse::gate
