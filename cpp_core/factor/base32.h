// Base32 (RFC 4648 §6) without padding, as authenticator apps take a TOTP secret; and Crockford's alphabet, whose
// letters cannot be taken for digits, for codes that people copy from paper.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::factor {

inline constexpr std::string_view rfc4648_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
inline constexpr std::string_view crockford_alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

// Five bits a character; what is missing of the last one is 0.
std::string base32_encode(std::string_view bytes, std::string_view alphabet = rfc4648_alphabet);

}  // namespace gatehouse::factor
