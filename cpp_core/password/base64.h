// Base64 as stored hashes have it (RFC 4648 §4), with or without padding.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::password {

enum class padding { required, absent };

// At most `most_bytes` of them; nullopt: it is more, or no base64. Each value has one spelling.
std::optional<std::string> decode_base64(std::string_view text, padding wanted, std::size_t most_bytes);

}  // namespace gatehouse::password
