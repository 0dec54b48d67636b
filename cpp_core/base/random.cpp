#include "base/random.h"

#include <openssl/rand.h>

#include <limits>
#include <stdexcept>

#include "base/base64url.h"
#include "base/evp.h"
#include "base/hex.h"

namespace gatehouse {

void random_bytes(std::span<std::byte> into) {
  const evp_errors_dropped errors;
  if (into.size() > std::numeric_limits<int>::max() ||
      RAND_bytes(reinterpret_cast<unsigned char*>(into.data()), static_cast<int>(into.size())) != 1) {
    throw std::runtime_error("libcrypto has no random bytes");
  }
}

namespace {

std::string draw(std::size_t bytes) {
  std::string drawn(bytes, '\0');
  random_bytes(std::as_writable_bytes(std::span(drawn)));
  return drawn;
}

}  // namespace

std::string random_base64url(std::size_t bytes) { return base64url_encode(draw(bytes)); }

std::string random_hex(std::size_t bytes) { return hex_encode(draw(bytes)); }

}  // namespace gatehouse
