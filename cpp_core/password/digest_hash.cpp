#include "password/digest_hash.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/evp.h"
#include "base/secret.h"
#include "password/base64.h"

namespace gatehouse::password {

namespace {

constexpr std::size_t most_digest_bytes = 128;  // with its salt

struct scheme {
  std::string_view prefix;
  const char* digest;
  std::size_t size;  // of the digest, in bytes
  bool salted;
};

constexpr std::array schemes{
    scheme{"{SHA}", "SHA1", 20, false},
    scheme{"{SSHA}", "SHA1", 20, true},
    scheme{"{SSHA256}", "SHA256", 32, true},
    scheme{"{SSHA512}", "SHA512", 64, true},
};

}  // namespace

result<bool> ldap_hash_matches(const secret& password, const std::string& stored) {
  const evp_errors_dropped errors;
  const auto* by = std::ranges::find_if(
      schemes, [&](const scheme& each) { return std::string_view(stored).starts_with(each.prefix); });
  const std::optional<std::string> bytes =
      decode_base64(std::string_view(stored).substr(by->prefix.size()), padding::required, most_digest_bytes);
  if (!bytes || bytes->size() < by->size || (bytes->size() > by->size) != by->salted) {
    return error{fault::internal, "it is not the base64 of a digest of its kind"};
  }
  const evp_md algorithm(EVP_MD_fetch(nullptr, by->digest, nullptr));
  const evp_md_context context(EVP_MD_CTX_new());
  const std::string_view typed = password.reveal();
  const std::string_view salt = std::string_view(*bytes).substr(by->size);
  std::string digest(by->size, '\0');
  const bool computed =
      algorithm && context && EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), typed.data(), typed.size()) == 1 &&
      EVP_DigestUpdate(context.get(), salt.data(), salt.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1;
  if (!computed) return error{fault::internal, "libcrypto refuses to compute its digest"};
  return same_bytes(digest, std::string_view(*bytes).substr(0, by->size));
}

result<bool> django_hash_matches(const secret& password, const std::string& stored) {
  constexpr std::string_view prefix = "pbkdf2_sha256$";
  constexpr int most_iterations = 3'000'000;  // some seconds; Django 6 makes 1,200,000
  constexpr std::size_t hash_bytes = 32;
  const evp_errors_dropped errors;
  std::string_view rest = std::string_view(stored).substr(prefix.size());
  int iterations = 0;
  const auto read = std::from_chars(rest.data(), rest.data() + rest.size(), iterations);
  rest.remove_prefix(static_cast<std::size_t>(read.ptr - rest.data()));
  const std::size_t end_of_salt = rest.find('$', 1);
  if (read.ec != std::errc() || !rest.starts_with('$') || end_of_salt == std::string_view::npos) {
    return error{fault::internal, "its iterations and its salt cannot be read"};
  }
  if (iterations < 1 || iterations > most_iterations) {
    return error{fault::internal, "its iterations are out of bounds: 1 to " + std::to_string(most_iterations)};
  }
  const std::string_view salt = rest.substr(1, end_of_salt - 1);
  const std::optional<std::string> hash =
      decode_base64(rest.substr(end_of_salt + 1), padding::required, most_digest_bytes);
  if (!hash || hash->size() != hash_bytes) return error{fault::internal, "its hash is not the base64 of 32 bytes"};

  const evp_md algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  const std::string_view typed = password.reveal();
  if (typed.find('\0') != std::string_view::npos) return false;  // HMAC takes it for its own padding
  std::string digest(hash_bytes, '\0');
  const bool computed =
      algorithm &&
      PKCS5_PBKDF2_HMAC(typed.data(), static_cast<int>(typed.size()),
                        reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                        algorithm.get(), hash_bytes, reinterpret_cast<unsigned char*>(digest.data())) == 1;
  if (!computed) return error{fault::internal, "libcrypto refuses to compute it"};
  return same_bytes(digest, *hash);
}

}  // namespace gatehouse::password
