// A network that a token may be used from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace gatehouse::gate {

class network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", or one address; nullopt: neither.
  static std::optional<network> parse(std::string_view text);

  // `address`: as nginx writes it. An IPv4 address that comes as IPv6 (::ffff:192.0.2.1) is the former.
  bool contains(std::string_view address) const;

 private:
  network() = default;

  // IPv4 as ::ffff:0:0/96, so that there is one kind.
  using bytes = std::array<std::uint8_t, 16>;
  static std::optional<bytes> parse_address(std::string_view text, bool& is_v4);

  bytes address_{};
  unsigned length_ = 0;
};

}  // namespace gatehouse::gate
