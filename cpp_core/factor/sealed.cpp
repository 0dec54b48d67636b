#include "factor/sealed.h"

#include <sodium.h>

#include <span>
#include <stdexcept>

#include "base/evp.h"
#include "base/random.h"

namespace gatehouse::factor {

namespace {

constexpr std::size_t nonce_bytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;

error unreadable(const sealed& kept, const std::string& why) {
  return {fault::internal, "a secret that is sealed with the key \"" + kept.key_id + "\" " + why};
}

}  // namespace

std::string sealed_for(std::string_view realm, std::string_view user_id, std::string_view factor_id) {
  std::string context = "gatehouse factor\n";  // none of the three has a line's end in it
  return context.append(realm).append("\n").append(user_id).append("\n").append(factor_id);
}

sealed seal(const token::data_key& key, const secret& plain, std::string_view context) {
  static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == 32);
  const std::string_view bytes = plain.reveal();
  sealed made{key.id, std::string(nonce_bytes + bytes.size() + tag_bytes, '\0')};
  // 192 random bits do not repeat, however many secrets there are.
  random_bytes(std::as_writable_bytes(std::span(made.bytes.data(), nonce_bytes)));
  unsigned char* const begin = octets(made.bytes);
  if (crypto_aead_xchacha20poly1305_ietf_encrypt(begin + nonce_bytes, nullptr, octets(bytes), bytes.size(),
                                                 octets(context), context.size(), nullptr, begin,
                                                 octets(key.bytes.reveal())) != 0) {
    throw std::runtime_error("libsodium failed to seal a secret");
  }
  return made;
}

result<secret> open(const token::key_set& keys, const sealed& kept, std::string_view context) {
  const token::data_key* key = keys.find_data_key(kept.key_id);
  if (key == nullptr) return unreadable(kept, "cannot be read: put that key back into the file of \"keys\"");
  if (kept.bytes.size() < nonce_bytes + tag_bytes) return unreadable(kept, "is cut off");
  std::string plain(kept.bytes.size() - nonce_bytes - tag_bytes, '\0');
  const unsigned char* const begin = octets(std::string_view(kept.bytes));
  const int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(octets(plain), nullptr, nullptr, begin + nonce_bytes,
                                                                kept.bytes.size() - nonce_bytes, octets(context),
                                                                context.size(), begin, octets(key->bytes.reveal()));
  if (opened != 0) return unreadable(kept, "was changed, or belongs to something else, or the key is another one now");
  secret read(plain);
  OPENSSL_cleanse(plain.data(), plain.size());
  return read;
}

}  // namespace gatehouse::factor
