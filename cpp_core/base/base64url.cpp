#include "base/base64url.h"

#include <array>
#include <cstdint>

namespace gatehouse {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint32_t no_digit = 1u << 31;

// What a character stands for, `shift` bits from the right.
using digit_table = std::array<std::uint32_t, 256>;
constexpr digit_table digits_at(int shift) {
  digit_table table{};
  table.fill(no_digit);
  for (std::uint32_t value = 0; value < alphabet.size(); ++value) {
    table[static_cast<unsigned char>(alphabet[value])] = value << shift;
  }
  return table;
}
constexpr std::array<digit_table, 4> digits{digits_at(18), digits_at(12), digits_at(6), digits_at(0)};

std::uint32_t digit(std::size_t place, char c) { return digits[place][static_cast<unsigned char>(c)]; }
std::uint32_t byte(char c) { return static_cast<unsigned char>(c); }

}  // namespace

std::string base64url_encode(std::string_view bytes) {
  std::string text((bytes.size() * 4 + 2) / 3, '\0');
  char* into = text.data();
  const char* from = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 3; left -= 3, from += 3) {
    const std::uint32_t group = byte(from[0]) << 16 | byte(from[1]) << 8 | byte(from[2]);
    for (int shift = 18; shift >= 0; shift -= 6) *into++ = alphabet[group >> shift & 63];
  }
  if (left == 0) return text;
  const std::uint32_t group = byte(from[0]) << 16 | (left == 2 ? byte(from[1]) << 8 : 0);
  *into++ = alphabet[group >> 18];
  *into++ = alphabet[group >> 12 & 63];
  if (left == 2) *into = alphabet[group >> 6 & 63];
  return text;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes(text.size() * 3 / 4, '\0');
  char* into = bytes.data();
  const char* from = text.data();
  std::size_t left = text.size();
  std::uint32_t all = 0;
  for (; left >= 4; left -= 4, from += 4) {
    const std::uint32_t group = digit(0, from[0]) | digit(1, from[1]) | digit(2, from[2]) | digit(3, from[3]);
    all |= group;
    *into++ = static_cast<char>(group >> 16);
    *into++ = static_cast<char>(group >> 8);
    *into++ = static_cast<char>(group);
  }
  if (left > 0) {
    const std::uint32_t group = digit(0, from[0]) | digit(1, from[1]) | (left == 3 ? digit(2, from[2]) : 0);
    all |= group;
    *into++ = static_cast<char>(group >> 16);
    if (left == 3) *into = static_cast<char>(group >> 8);
    if ((group & (left == 3 ? 0xff : 0xffff)) != 0) return std::nullopt;
  }
  if ((all & no_digit) != 0) return std::nullopt;
  return bytes;
}

}  // namespace gatehouse
