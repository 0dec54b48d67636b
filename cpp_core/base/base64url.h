// base64url without padding (RFC 4648 §5, RFC 7515 §2).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gatehouse {

std::string base64url_encode(std::string_view bytes);

// Strict, so that one byte string has one spelling (REQUIREMENTS 8): nullopt for padding, whitespace, '+', '/', an
// impossible length, and bits that are not zero after the last whole byte.
std::optional<std::string> base64url_decode(std::string_view text);

}  // namespace gatehouse
