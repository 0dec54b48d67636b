#include "base/sha256.h"

#include <stdexcept>

namespace gatehouse {

sha256_hasher::sha256_hasher() : algorithm_(EVP_MD_fetch(nullptr, "SHA256", nullptr)), context_(EVP_MD_CTX_new()) {
  if (!algorithm_ || !context_) throw std::runtime_error("libcrypto has no SHA-256, or no memory for it");
}

sha256_digest sha256_hasher::operator()(std::string_view bytes) {
  sha256_digest digest;
  if (EVP_DigestInit_ex2(context_.get(), algorithm_.get(), nullptr) != 1 ||
      EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) != 1 ||
      EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) != 1) {
    throw std::runtime_error("SHA-256 failed in libcrypto");
  }
  return digest;
}

}  // namespace gatehouse
