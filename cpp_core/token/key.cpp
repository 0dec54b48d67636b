#include "token/key.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/params.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace gatehouse::token {

namespace {

constexpr std::size_t sha256_bytes = 32;
constexpr std::size_t ed25519_signature_bytes = 64;
constexpr std::size_t es256_number_bytes = 32;                         // r and s, each
constexpr std::size_t es256_signature_bytes = 2 * es256_number_bytes;  // RFC 7518 §3.4
constexpr std::size_t es256_der_bytes = 8 + 2 * es256_number_bytes;    // at most: SEQUENCE of two INTEGERs

using ecdsa_signature = std::unique_ptr<ECDSA_SIG, evp_free<ECDSA_SIG_free>>;

void require(bool succeeded) {
  if (!succeeded) throw std::runtime_error("libcrypto failed to prepare or use a token key");
}

evp_md_context copy_of(const evp_md_context& prepared) {
  evp_md_context copy(EVP_MD_CTX_new());
  if (copy && EVP_MD_CTX_copy_ex(copy.get(), prepared.get()) != 1) copy.reset();
  return copy;
}

// JOSE's signature is r and s side by side; libcrypto's is DER. False: `raw` is no such signature.
bool to_der(std::string_view raw, std::array<unsigned char, es256_der_bytes>& der, std::size_t& der_size) {
  if (raw.size() != es256_signature_bytes) return false;
  ecdsa_signature pair(ECDSA_SIG_new());
  evp_number r(BN_bin2bn(octets(raw), es256_number_bytes, nullptr));
  evp_number s(BN_bin2bn(octets(raw) + es256_number_bytes, es256_number_bytes, nullptr));
  if (!pair || !r || !s || ECDSA_SIG_set0(pair.get(), r.get(), s.get()) != 1) return false;
  (void)r.release();
  (void)s.release();
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(pair.get(), &end);
  der_size = static_cast<std::size_t>(size);
  return size > 0;
}

std::string from_der(std::string_view der) {
  const unsigned char* at = octets(der);
  const ecdsa_signature pair(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  require(pair != nullptr);
  std::string raw(es256_signature_bytes, '\0');
  require(BN_bn2binpad(ECDSA_SIG_get0_r(pair.get()), octets(raw), es256_number_bytes) == es256_number_bytes);
  require(BN_bn2binpad(ECDSA_SIG_get0_s(pair.get()), octets(raw) + es256_number_bytes, es256_number_bytes) ==
          es256_number_bytes);
  return raw;
}

bool compute_mac(const evp_mac_context& keyed, std::string_view input, std::array<unsigned char, sha256_bytes>& mac) {
  const evp_mac_context copy(EVP_MAC_CTX_dup(keyed.get()));
  std::size_t size = 0;
  return copy && EVP_MAC_update(copy.get(), octets(input), input.size()) == 1 &&
         EVP_MAC_final(copy.get(), mac.data(), &size, mac.size()) == 1 && size == mac.size();
}

}  // namespace

std::optional<algorithm> find_algorithm(std::string_view name) noexcept {
  if (name == "HS256") return algorithm::hs256;
  if (name == "RS256") return algorithm::rs256;
  if (name == "ES256") return algorithm::es256;
  if (name == "EdDSA" || name == "Ed25519") return algorithm::eddsa;
  return std::nullopt;
}

key::key(key_description description, std::variant<mac, signature> prepared)
    : about_(std::move(description)), prepared_(std::move(prepared)) {}

key key::hmac(key_description description, const secret& bytes) {
  const evp_errors_dropped errors;
  const evp_mac algorithm(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  require(algorithm != nullptr);
  mac prepared{evp_mac_context(EVP_MAC_CTX_new(algorithm.get()))};
  require(prepared.keyed != nullptr);
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                                   OSSL_PARAM_construct_end()};
  require(EVP_MAC_init(prepared.keyed.get(), octets(bytes.reveal()), bytes.size(), parameters) == 1);
  return key(std::move(description), std::move(prepared));
}

key key::asymmetric(key_description description, evp_key material) {
  const evp_errors_dropped errors;
  const char* const digest = description.algorithm == algorithm::eddsa ? nullptr : "SHA256";  // Ed25519 has its own
  signature prepared{std::move(material), nullptr, evp_md_context(EVP_MD_CTX_new())};
  EVP_PKEY* const raw = prepared.material.get();
  require(prepared.verifying != nullptr);
  require(EVP_DigestVerifyInit_ex(prepared.verifying.get(), nullptr, digest, nullptr, nullptr, raw, nullptr) == 1);
  if (description.may_sign) {
    prepared.signing.reset(EVP_MD_CTX_new());
    require(prepared.signing != nullptr);
    require(EVP_DigestSignInit_ex(prepared.signing.get(), nullptr, digest, nullptr, nullptr, raw, nullptr) == 1);
  }
  return key(std::move(description), std::move(prepared));
}

std::string key::sign(std::string_view input) const {
  const evp_errors_dropped errors;
  if (const auto* symmetric = std::get_if<mac>(&prepared_)) {
    std::array<unsigned char, sha256_bytes> computed;
    require(compute_mac(symmetric->keyed, input, computed));
    return std::string(computed.begin(), computed.end());
  }

  const auto& [material, signing, verifying] = std::get<signature>(prepared_);
  require(signing != nullptr);
  const evp_md_context context = copy_of(signing);
  require(context != nullptr);
  std::size_t size = static_cast<std::size_t>(EVP_PKEY_get_size(material.get()));
  std::string signature(size, '\0');
  require(EVP_DigestSign(context.get(), octets(signature), &size, octets(input), input.size()) == 1);
  signature.resize(size);
  return about_.algorithm == algorithm::es256 ? from_der(signature) : signature;
}

bool key::verify(std::string_view input, std::string_view signed_with) const noexcept {
  const evp_errors_dropped errors;
  if (const auto* symmetric = std::get_if<mac>(&prepared_)) {
    std::array<unsigned char, sha256_bytes> computed;
    return signed_with.size() == computed.size() && compute_mac(symmetric->keyed, input, computed) &&
           CRYPTO_memcmp(computed.data(), signed_with.data(), computed.size()) == 0;
  }

  std::array<unsigned char, es256_der_bytes> der;
  const unsigned char* proof = octets(signed_with);
  std::size_t proof_size = signed_with.size();
  if (about_.algorithm == algorithm::eddsa && proof_size != ed25519_signature_bytes) return false;
  if (about_.algorithm == algorithm::es256) {
    if (!to_der(signed_with, der, proof_size)) return false;
    proof = der.data();
  }
  const evp_md_context context = copy_of(std::get_if<signature>(&prepared_)->verifying);
  return context && EVP_DigestVerify(context.get(), proof, proof_size, octets(input), input.size()) == 1;
}

}  // namespace gatehouse::token
