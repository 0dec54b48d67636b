// Random bytes of cryptographic quality, from libcrypto. Any thread. Throws std::runtime_error where there are none:
// nothing sensible can be done without them.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace gatehouse {

void random_bytes(std::span<std::byte> into);

// As many random bytes, in base64url and in hexadecimal.
std::string random_base64url(std::size_t bytes);
std::string random_hex(std::size_t bytes);

}  // namespace gatehouse
