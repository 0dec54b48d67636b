#include "password/crypt_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "base/secret.h"

namespace gatehouse::password {

namespace {

// By kind and cost only: bcrypt up to cost 14, SHA-crypt up to 999999 rounds, yescrypt as crypt_gensalt(3) makes it,
// MD5-crypt, whose cost is fixed. libxcrypt refuses whatever else is wrong.
bool is_computable(std::string_view stored) {
  if (stored.starts_with("$1$")) return true;
  if (stored.starts_with("$2a$") || stored.starts_with("$2b$") || stored.starts_with("$2y$")) {
    const std::string_view cost = stored.substr(4, 3);
    return cost >= "04$" && cost <= "14$";
  }
  if (stored.starts_with("$5$") || stored.starts_with("$6$")) {
    constexpr std::string_view rounds = "rounds=";
    const std::string_view rest = stored.substr(3);
    return !rest.starts_with(rounds) || rest.find('$') <= rounds.size() + 6;
  }
  if (stored.starts_with("$y$j") || stored.starts_with("$gy$j")) {
    const std::string_view size = stored.substr(stored.find('j') + 1, 3);  // 7 to F is 1 MiB to 1 GiB
    return size >= "7" && size < "G" && (size.ends_with("5$") || size.ends_with("T$"));
  }
  return false;
}

}  // namespace

result<bool> crypt_hash_matches(const secret& password, const std::string& stored) {
  if (!is_computable(stored)) {
    return error{fault::internal, "its parameters for crypt(3) are malformed, or too expensive"};
  }
  const std::string_view bytes = password.reveal();
  if (bytes.size() >= CRYPT_MAX_PASSPHRASE_SIZE || bytes.find('\0') != std::string_view::npos) return false;

  std::string terminated(bytes);
  const auto scratch = std::make_unique<crypt_data>();  // 32 KiB: too much for a small stack
  errno = 0;
  const char* hash = crypt_r(terminated.c_str(), stored.c_str(), scratch.get());
  const bool no_memory = errno == ENOMEM;
  const bool computed = hash != nullptr && hash[0] == '$';
  const bool matches = computed && same_bytes(hash, stored);
  OPENSSL_cleanse(terminated.data(), terminated.size());
  OPENSSL_cleanse(scratch.get(), sizeof(crypt_data));
  if (computed) return matches;
  if (no_memory) return error{fault::unavailable, "no memory for an imported password hash"};
  return error{fault::internal, "crypt(3) finds it malformed"};
}

}  // namespace gatehouse::password
