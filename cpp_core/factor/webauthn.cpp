#include "factor/webauthn.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/base64url.h"
#include "base/evp.h"
#include "base/json.h"
#include "base/secret.h"
#include "base/sha256.h"

namespace gatehouse::factor {

namespace {

constexpr std::size_t most_client_data_bytes = 4096;
constexpr std::size_t most_authenticator_data_bytes = 4096;
constexpr std::size_t most_public_key_bytes = 1024;
constexpr std::size_t most_signature_bytes = 512;  // of 4096 bits
constexpr std::size_t aaguid_bytes = 16;
constexpr std::size_t fixed_bytes = 32 + 1 + 4;
constexpr std::uint8_t has_attested_data = 0x40;
constexpr std::uint8_t has_extensions = 0x80;
constexpr int least_rsa_bits = 2048;
constexpr int most_rsa_bits = 4096;
constexpr int most_rsa_exponent_bits = 32;

constexpr std::array<std::string_view, 13> fault_names{
    "malformed", "type",      "challenge",  "origin",        "rp_id",     "user_presence", "user_verified",
    "backup",    "algorithm", "public_key", "credential_id", "signature", "counter"};

std::uint32_t big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string sha256_of(std::string_view bytes) {
  const sha256_digest digest = sha256_hasher()(bytes);
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// ---- keys

evp_key read_public_key(std::string_view der) {
  if (der.empty() || der.size() > most_public_key_bytes) return {};
  const unsigned char* at = octets(der);
  evp_key key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  const bool is_whole = key && at == octets(der) + der.size();
  return is_whole ? std::move(key) : evp_key();
}

bool is_on_p256(const evp_key& key) {
  std::array<char, 32> group{};
  std::size_t length = 0;
  return EVP_PKEY_get_utf8_string_param(key.get(), OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &length) ==
             1 &&
         std::string_view(group.data(), length) == SN_X9_62_prime256v1;
}

// Neither so weak that it can be broken, nor so large that a signature costs a worker its time.
bool is_sound_rsa(const evp_key& key) {
  const int bits = EVP_PKEY_get_bits(key.get());
  if (bits < least_rsa_bits || bits > most_rsa_bits) return false;
  BIGNUM* read = nullptr;
  if (EVP_PKEY_get_bn_param(key.get(), OSSL_PKEY_PARAM_RSA_E, &read) != 1) return false;
  const evp_number exponent(read);
  return BN_is_odd(exponent.get()) == 1 && BN_is_one(exponent.get()) == 0 &&
         BN_num_bits(exponent.get()) <= most_rsa_exponent_bits;
}

// Whether it is a key for the algorithm; nullopt: the algorithm is none of ours.
std::optional<bool> fits(const evp_key& key, std::int64_t algorithm) {
  switch (algorithm) {
    case cose_es256:
      return EVP_PKEY_get_id(key.get()) == EVP_PKEY_EC && is_on_p256(key);
    case cose_eddsa:
      return EVP_PKEY_get_id(key.get()) == EVP_PKEY_ED25519;
    case cose_rs256:
      return EVP_PKEY_get_id(key.get()) == EVP_PKEY_RSA && is_sound_rsa(key);
    default:
      return std::nullopt;
  }
}

// §6.5.5: of ES256 the signature is DER, not the pair of numbers that JWS has.
bool has_signed(const evp_key& key, std::int64_t algorithm, std::string_view input, std::string_view signature) {
  if (signature.empty() || signature.size() > most_signature_bytes) return false;
  const evp_md_context context(EVP_MD_CTX_new());
  if (!context) throw std::runtime_error("libcrypto has no room for a signature");
  const EVP_MD* digest = algorithm == cose_eddsa ? nullptr : EVP_sha256();
  return EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), octets(signature), signature.size(), octets(input), input.size()) == 1;
}

// ---- what both ceremonies have in common

std::optional<webauthn_fault> check_client(std::string_view json, std::string_view type,
                                           const expected_ceremony& expected) {
  const std::optional<client_data> said = read_client_data(json);
  if (!said) return webauthn_fault::malformed;
  if (said->type != type) return webauthn_fault::type;
  if (expected.challenge.empty() || !same_bytes(said->challenge, expected.challenge)) return webauthn_fault::challenge;
  const bool is_ours = std::ranges::find(expected.origins, said->origin) != expected.origins.end();
  if (!is_ours || said->cross_origin) return webauthn_fault::origin;
  return std::nullopt;
}

std::optional<webauthn_fault> check_authenticator(const authenticator_data& said, const expected_ceremony& expected) {
  if (said.rp_id_hash != sha256_of(expected.rp_id)) return webauthn_fault::rp_id;
  if (!said.user_present()) return webauthn_fault::user_presence;
  if (expected.user_verification && !said.user_verified()) return webauthn_fault::user_verified;
  if (said.backed_up() && !said.backup_eligible()) return webauthn_fault::backup;
  return std::nullopt;
}

}  // namespace

std::string_view name_of(webauthn_fault fault) { return fault_names.at(static_cast<std::size_t>(fault)); }

std::optional<authenticator_data> read_authenticator_data(std::string_view bytes) {
  if (bytes.size() < fixed_bytes || bytes.size() > most_authenticator_data_bytes) return std::nullopt;
  authenticator_data read;
  read.rp_id_hash = bytes.substr(0, 32);
  read.flags = static_cast<std::uint8_t>(bytes[32]);
  read.sign_count = big_endian(bytes.substr(33, 4));
  std::string_view rest = bytes.substr(fixed_bytes);
  const bool is_attested = (read.flags & has_attested_data) != 0;
  const bool is_extended = (read.flags & has_extensions) != 0;
  if (!is_attested && rest.empty() == is_extended) return std::nullopt;
  if (!is_attested) return read;

  if (rest.size() < aaguid_bytes + 2) return std::nullopt;
  const std::size_t length = big_endian(rest.substr(aaguid_bytes, 2));
  read.aaguid = rest.substr(0, aaguid_bytes);
  rest.remove_prefix(aaguid_bytes + 2);
  // The key in CBOR follows, which has some length.
  if (length == 0 || length > most_credential_id_bytes || rest.size() <= length) return std::nullopt;
  read.credential_id = rest.substr(0, length);
  return read;
}

std::optional<client_data> read_client_data(std::string_view json) {
  if (json.size() > most_client_data_bytes) return std::nullopt;
  const result<nlohmann::json> read = read_json(json);
  if (!read || !read->is_object()) return std::nullopt;
  const auto text = [&read](const char* name) -> const std::string* {
    const auto found = read->find(name);
    return found != read->end() && found->is_string() ? found->get_ptr<const std::string*>() : nullptr;
  };
  const std::string* type = text("type");
  const std::string* challenge = text("challenge");
  const std::string* origin = text("origin");
  if (type == nullptr || challenge == nullptr || origin == nullptr) return std::nullopt;
  std::optional<std::string> bytes = base64url_decode(*challenge);
  const auto crossed = read->find("crossOrigin");
  if (!bytes || (crossed != read->end() && !crossed->is_boolean())) return std::nullopt;

  client_data said;
  said.type = *type;
  said.challenge = std::move(*bytes);
  said.origin = *origin;
  said.cross_origin = (crossed != read->end() && crossed->get<bool>()) || read->contains("topOrigin");
  return said;
}

std::int64_t algorithm_of(std::string_view public_key) {
  const evp_errors_dropped errors;
  const evp_key key = read_public_key(public_key);
  if (!key) return 0;
  for (const std::int64_t each : {cose_es256, cose_eddsa, cose_rs256}) {
    if (fits(key, each) == true) return each;
  }
  return 0;
}

std::variant<passkey, webauthn_fault> verify_registration(const registration_response& response,
                                                          const expected_ceremony& expected) {
  const evp_errors_dropped errors;
  if (const auto wrong = check_client(response.client_data, "webauthn.create", expected)) return *wrong;
  const std::optional<authenticator_data> said = read_authenticator_data(response.authenticator_data);
  if (!said) return webauthn_fault::malformed;
  if (const auto wrong = check_authenticator(*said, expected)) return *wrong;
  if (said->credential_id.empty()) return webauthn_fault::credential_id;

  const evp_key key = read_public_key(response.public_key);
  if (!key) return webauthn_fault::public_key;
  const std::optional<bool> is_fit = fits(key, response.algorithm);
  if (!is_fit) return webauthn_fault::algorithm;
  if (!*is_fit) return webauthn_fault::public_key;

  passkey made;
  made.credential_id = said->credential_id;
  made.public_key = response.public_key;
  made.algorithm = response.algorithm;
  made.sign_count = said->sign_count;
  made.user_verified = said->user_verified();
  made.backup_eligible = said->backup_eligible();
  made.backed_up = said->backed_up();
  made.aaguid = said->aaguid;
  return made;
}

std::variant<asserted, webauthn_fault> verify_assertion(const assertion_response& response, const passkey& with,
                                                        const expected_ceremony& expected) {
  const evp_errors_dropped errors;
  if (const auto wrong = check_client(response.client_data, "webauthn.get", expected)) return *wrong;
  const std::optional<authenticator_data> said = read_authenticator_data(response.authenticator_data);
  if (!said || !said->aaguid.empty()) return webauthn_fault::malformed;  // §6.1: no attested data in an assertion
  if (const auto wrong = check_authenticator(*said, expected)) return *wrong;
  if (said->backup_eligible() != with.backup_eligible) return webauthn_fault::backup;  // it never changes (§6.1.3)

  const evp_key key = read_public_key(with.public_key);
  if (!key || fits(key, with.algorithm) != true) return webauthn_fault::public_key;
  std::string input(response.authenticator_data);
  input.append(sha256_of(response.client_data));
  if (!has_signed(key, with.algorithm, input, response.signature)) return webauthn_fault::signature;

  // §7.2, step 22: an authenticator that counts goes on counting. Synced passkeys say 0 for ever.
  const bool counts = said->sign_count != 0 || with.sign_count != 0;
  if (counts && said->sign_count <= with.sign_count) return webauthn_fault::counter;
  return asserted{said->user_verified(), said->backed_up(), said->sign_count};
}

}  // namespace gatehouse::factor
