#include "token/key.h"

#include <openssl/crypto.h>
#include <openssl/ec.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace gatehouse::token {

namespace {

constexpr std::size_t sha256_block_bytes = 64;
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

bool finish_copy(const evp_md_context& keyed, const evp_md_context& working, std::string_view input,
                 sha256_digest& digest) {
  return EVP_MD_CTX_copy_ex(working.get(), keyed.get()) == 1 &&
         EVP_DigestUpdate(working.get(), input.data(), input.size()) == 1 &&
         EVP_DigestFinal_ex(working.get(), digest.data(), nullptr) == 1;
}

// A hash that has taken in the key, of at most a block.
evp_md_context keyed_hash(const evp_md& algorithm, std::string_view bytes, char pad) {
  evp_md_context made(EVP_MD_CTX_new());
  std::string block(bytes);
  block.resize(sha256_block_bytes);
  for (char& each : block) each = static_cast<char>(each ^ pad);
  require(made != nullptr && EVP_DigestInit_ex2(made.get(), algorithm.get(), nullptr) == 1 &&
          EVP_DigestUpdate(made.get(), block.data(), block.size()) == 1);
  OPENSSL_cleanse(block.data(), block.size());
  return made;
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
  const evp_md algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
  require(algorithm != nullptr);
  secret fitting(bytes);
  if (bytes.size() > sha256_block_bytes) {
    sha256_digest digest = sha256_hasher()(bytes.reveal());
    fitting = secret({reinterpret_cast<const char*>(digest.data()), digest.size()});
    OPENSSL_cleanse(digest.data(), digest.size());
  }
  mac prepared{keyed_hash(algorithm, fitting.reveal(), 0x36), keyed_hash(algorithm, fitting.reveal(), 0x5c),
               evp_md_context(EVP_MD_CTX_new())};
  require(prepared.working != nullptr);
  return key(std::move(description), std::move(prepared));
}

bool key::mac::compute(std::string_view input, sha256_digest& made) const {
  return finish_copy(inner, working, input, made) &&
         finish_copy(outer, working, {reinterpret_cast<const char*>(made.data()), made.size()}, made);
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
    sha256_digest computed;
    require(symmetric->compute(input, computed));
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
    sha256_digest computed;
    return symmetric->compute(input, computed) &&
           same_bytes({reinterpret_cast<const char*>(computed.data()), computed.size()}, signed_with);
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
