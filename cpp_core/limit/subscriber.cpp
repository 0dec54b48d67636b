#include "limit/subscriber.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace gatehouse::limit {

namespace {

using bytes = std::array<std::uint8_t, 16>;

constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> nat64{0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0};

bool holds_ipv4(const bytes& address) {
  return std::equal(mapped.begin(), mapped.end(), address.begin()) ||
         std::equal(nat64.begin(), nat64.end(), address.begin());
}

std::string text_of(int family, const std::uint8_t* address) {
  char text[INET6_ADDRSTRLEN] = "";
  inet_ntop(family, address, text, sizeof(text));
  return text;
}

}  // namespace

std::string subscriber_of(const std::string& address) {
  bytes parsed{};
  if (inet_pton(AF_INET6, address.c_str(), parsed.data()) != 1) return address;
  if (holds_ipv4(parsed)) return text_of(AF_INET, &parsed[12]);
  std::fill(parsed.begin() + 8, parsed.end(), 0);
  return text_of(AF_INET6, parsed.data()) + "/64";
}

}  // namespace gatehouse::limit
