// Owners of libcrypto's objects.
#pragma once

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <memory>
#include <string>
#include <string_view>

namespace gatehouse {

template <auto free_function>
struct evp_free {
  template <class T>
  void operator()(T* object) const noexcept {
    free_function(object);
  }
};

using evp_md = std::unique_ptr<EVP_MD, evp_free<EVP_MD_free>>;
using evp_md_context = std::unique_ptr<EVP_MD_CTX, evp_free<EVP_MD_CTX_free>>;
using evp_key = std::unique_ptr<EVP_PKEY, evp_free<EVP_PKEY_free>>;
using evp_key_context = std::unique_ptr<EVP_PKEY_CTX, evp_free<EVP_PKEY_CTX_free>>;
using evp_number = std::unique_ptr<BIGNUM, evp_free<BN_clear_free>>;
using evp_number_context = std::unique_ptr<BN_CTX, evp_free<BN_CTX_free>>;

inline const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}
inline unsigned char* octets(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

// What libcrypto reports while this lives is forgotten when it goes. nginx logs an alert for every error that it
// finds left in the queue before a TLS operation of its own.
class evp_errors_dropped {
 public:
  evp_errors_dropped() noexcept { ERR_set_mark(); }
  evp_errors_dropped(const evp_errors_dropped&) = delete;
  evp_errors_dropped& operator=(const evp_errors_dropped&) = delete;
  ~evp_errors_dropped() { ERR_pop_to_mark(); }
};

}  // namespace gatehouse
