// Hexadecimal (RFC 4648 §8).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

// The value of a digit in either case; -1: it is none.
int hex_digit(char c) noexcept;

std::string hex_encode(std::string_view bytes);  // in lower case

// Of either case; nullopt: not pairs of digits.
std::optional<std::string> hex_decode(std::string_view text);

}  // namespace gatehouse
