#include "gate/network.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace gatehouse::gate {

namespace {

constexpr unsigned bits_of_v6 = 128;
constexpr unsigned bits_before_v4 = 96;

}  // namespace

std::optional<network::bytes> network::parse_address(std::string_view text, bool& is_v4) {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const std::string terminated(text);
  bytes read{};
  is_v4 = inet_pton(AF_INET, terminated.c_str(), read.data() + mapped.size()) == 1;
  if (is_v4) {
    std::ranges::copy(mapped, read.begin());
    return read;
  }
  if (inet_pton(AF_INET6, terminated.c_str(), read.data()) == 1) return read;
  return std::nullopt;
}

std::optional<network> network::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  bool is_v4 = false;
  const std::optional<bytes> address = parse_address(text.substr(0, slash), is_v4);
  if (!address) return std::nullopt;
  const unsigned most = is_v4 ? bits_of_v6 - bits_before_v4 : bits_of_v6;
  unsigned length = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (problem != std::errc() || end != digits.data() + digits.size() || length > most) return std::nullopt;
  }
  network parsed;
  parsed.address_ = *address;
  parsed.length_ = is_v4 ? bits_before_v4 + length : length;
  return parsed;
}

bool network::contains(std::string_view address) const {
  bool is_v4 = false;
  const std::optional<bytes> other = parse_address(address, is_v4);
  if (!other) return false;
  for (unsigned bit = 0; bit < length_; bit += 8) {
    const unsigned counted = std::min(8U, length_ - bit);
    const auto mask = static_cast<std::uint8_t>(0xff << (8 - counted));
    if (((address_[bit / 8] ^ (*other)[bit / 8]) & mask) != 0) return false;
  }
  return true;
}

}  // namespace gatehouse::gate
