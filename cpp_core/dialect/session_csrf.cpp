#include "dialect/session_csrf.h"

#include <openssl/hmac.h>

#include <array>
#include <stdexcept>

#include "base/base64url.h"
#include "base/secret.h"

namespace gatehouse::dialect {

std::string session_csrf_token(const realm::settings& realm, std::string_view session_id) {
  // No signing input of a JWT has a space, so no token of the realm has this signature.
  const secret key(realm.keys->refresh_signing_key().sign("gatehouse csrf_token of a session"));
  std::array<char, 32> digest{};
  unsigned length = digest.size();
  const unsigned char* made = HMAC(EVP_sha256(), key.reveal().data(), static_cast<int>(key.size()),
                                   reinterpret_cast<const unsigned char*>(session_id.data()), session_id.size(),
                                   reinterpret_cast<unsigned char*>(digest.data()), &length);
  if (made == nullptr) throw std::runtime_error("libcrypto has made no HMAC");
  return base64url_encode({digest.data(), digest.size()});
}

bool is_session_csrf_token(const realm::settings& realm, std::string_view session_id, std::string_view shown) {
  return secret(session_csrf_token(realm, session_id)).same_as(secret(shown));
}

}  // namespace gatehouse::dialect
