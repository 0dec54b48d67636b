#include "token/jwk.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "base/base64url.h"
#include "base/text.h"
#include "token/key_material.h"

namespace gatehouse::token {

namespace {

using nlohmann::json;

constexpr std::size_t least_hmac_bytes = 32;  // as many as the hash has (RFC 7518 §3.2)
constexpr std::size_t derived_bytes = 32;

// Ends the reading of a key; parse_jwk() makes an error of it.
struct unusable {
  std::string why;
};

[[noreturn]] void refuse(std::string why) { throw unusable{std::move(why)}; }

std::string quoted(const char* name) { return "\"" + std::string(name) + "\""; }

std::string text(const json& jwk, const char* name) {
  const auto found = jwk.find(name);
  if (found == jwk.end()) refuse("has no " + quoted(name));
  if (!found->is_string()) refuse(quoted(name) + " must be a string");
  return found->get<std::string>();
}

std::string public_bytes(const json& jwk, const char* name) {
  const auto found = jwk.find(name);
  if (found == jwk.end()) refuse("has no " + quoted(name));
  std::optional<std::string> bytes;
  if (found->is_string()) bytes = base64url_decode(found->get_ref<const std::string&>());
  if (!bytes || bytes->empty()) refuse(quoted(name) + " must be a string in base64url, without padding or spaces");
  return std::move(*bytes);
}

secret private_bytes(const json& jwk, const char* name) {
  std::string bytes = public_bytes(jwk, name);
  secret kept(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return kept;
}

std::string key_id(const json& jwk) {
  if (!jwk.contains("kid")) refuse("has no \"kid\"; give every key a name of its own, such as \"kid\":\"2025-01\"");
  std::string id = text(jwk, "kid");
  if (id.empty() || id.size() > most_key_id_bytes || has_control_character(id)) {
    refuse("\"kid\" must be 1 to " + std::to_string(most_key_id_bytes) + " bytes without control characters");
  }
  return id;
}

key_use use(const json& jwk, bool is_symmetric) {
  if (!jwk.contains("use")) return key_use::access;
  const std::string name = text(jwk, "use");
  if (name == "sig") return key_use::access;
  if (name != "gatehouse-refresh") {
    refuse(
        "\"use\" must be \"sig\" (or absent) for access tokens, \"gatehouse-refresh\" for refresh tokens or "
        "\"gatehouse-data\" for secrets at rest; take keys for anything else out of the file");
  }
  if (!is_symmetric) refuse("\"use\":\"gatehouse-refresh\" is for \"kty\":\"oct\" only; write \"use\":\"sig\"");
  return key_use::refresh;
}

// May it sign, by its key_ops (RFC 7517 §4.3)?
bool may_sign(const json& jwk, bool has_private_half, key_use use) {
  const auto found = jwk.find("key_ops");
  if (found == jwk.end()) return has_private_half;
  bool signs = false, verifies = false;
  const bool is_list = found->is_array() && std::ranges::all_of(*found, [&](const json& operation) {
                         bool& named = operation == "sign" ? signs : verifies;
                         const bool is_known = operation == "sign" || operation == "verify";
                         return is_known && !std::exchange(named, true);
                       });
  if (!is_list) refuse("\"key_ops\" may only have \"sign\" and \"verify\", once each; take it out, or such a key out");
  if (!has_private_half && signs) refuse("\"key_ops\" has \"sign\", but the private half of the key is missing");
  if (!verifies) refuse("\"key_ops\" must have \"verify\": gatehouse verifies with every key");
  // A successor is made again with the key that made it, so even an old refresh key must sign.
  if (use == key_use::refresh && !signs) {
    refuse("\"key_ops\" of a refresh key must have \"sign\" too; an old key goes behind the new one in the file");
  }
  return signs;
}

// The name for headers: the key's own where it has one, for Ed25519 has two.
std::string algorithm_name(const json& jwk, algorithm by_type, const char* default_name) {
  if (!jwk.contains("alg")) return default_name;
  std::string name = text(jwk, "alg");
  if (find_algorithm(name) != by_type) {
    refuse("\"alg\" does not suit the key; write \"alg\":\"" + std::string(default_name) + "\" or leave it out");
  }
  return name;
}

void require_curve(const json& jwk, const char* curve) {
  if (text(jwk, "crv") != curve) {
    refuse("\"crv\" must be \"" + std::string(curve) + "\" for this \"kty\"; make such a key instead");
  }
}

evp_key sound(result<evp_key> key) {
  if (!key) refuse(key.failure().what);
  return std::move(*key);
}

evp_key ed25519(const json& jwk, bool has_private_half) {
  require_curve(jwk, "Ed25519");
  ed25519_numbers numbers;
  numbers.x = public_bytes(jwk, "x");
  if (has_private_half) numbers.d = private_bytes(jwk, "d");
  return sound(ed25519_key(numbers));
}

evp_key p256(const json& jwk, bool has_private_half) {
  require_curve(jwk, "P-256");
  p256_numbers numbers;
  numbers.x = public_bytes(jwk, "x");
  numbers.y = public_bytes(jwk, "y");
  if (has_private_half) numbers.d = private_bytes(jwk, "d");
  return sound(p256_key(numbers));
}

evp_key rsa(const json& jwk, bool has_private_half) {
  if (jwk.contains("oth")) refuse("has more than two primes (\"oth\"); make an ordinary RSA key instead");
  rsa_numbers numbers;
  numbers.n = public_bytes(jwk, "n");
  numbers.e = public_bytes(jwk, "e");
  if (has_private_half) {
    numbers.d = private_bytes(jwk, "d");
    numbers.p = private_bytes(jwk, "p");
    numbers.q = private_bytes(jwk, "q");
    numbers.dp = private_bytes(jwk, "dp");
    numbers.dq = private_bytes(jwk, "dq");
    numbers.qi = private_bytes(jwk, "qi");
  }
  return sound(rsa_key(numbers));
}

// A row is a type of asymmetric key.
struct key_type {
  std::string_view name;  // kty
  token::algorithm algorithm;
  const char* algorithm_name;
  evp_key (*read)(const json& jwk, bool has_private_half);
  std::array<std::string_view, 3> public_members;  // "": no more
};

constexpr key_type key_types[] = {
    {"OKP", algorithm::eddsa, "EdDSA", ed25519, {"crv", "x"}},
    {"EC", algorithm::es256, "ES256", p256, {"crv", "x", "y"}},
    {"RSA", algorithm::rs256, "RS256", rsa, {"n", "e"}},
};

// HKDF (RFC 5869): who learns what is made with it learns nothing of the key that it comes from.
secret derive(const secret& bytes, std::string_view purpose) {
  const evp_errors_dropped errors;
  const std::unique_ptr<EVP_KDF, evp_free<EVP_KDF_free>> algorithm(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const std::unique_ptr<EVP_KDF_CTX, evp_free<EVP_KDF_CTX_free>> context(EVP_KDF_CTX_new(algorithm.get()));
  char digest[] = "SHA256";
  std::string info(purpose);
  std::string material(bytes.reveal());
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, material.data(), material.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()), OSSL_PARAM_construct_end()};
  std::string derived(derived_bytes, '\0');
  const bool made = context && EVP_KDF_derive(context.get(), octets(derived), derived.size(), parameters) == 1;
  OPENSSL_cleanse(material.data(), material.size());
  if (!made) throw std::runtime_error("libcrypto failed to derive a key");
  secret kept(derived);
  OPENSSL_cleanse(derived.data(), derived.size());
  return kept;
}

key url_key(key_description about, const secret& bytes) {
  about.use = key_use::signed_url;
  return key::hmac(std::move(about), derive(bytes, "gatehouse signed URL"));
}

secret symmetric_bytes(const json& jwk) {
  secret bytes = private_bytes(jwk, "k");
  if (bytes.size() < least_hmac_bytes) {
    refuse("\"k\" must be 32 random bytes or more, and is " + std::to_string(bytes.size()) + "; make a new key");
  }
  return bytes;
}

read_jwk read_symmetric(const json& jwk, key_description about) {
  about.use = use(jwk, true);
  about.algorithm = algorithm::hs256;
  about.algorithm_name = algorithm_name(jwk, algorithm::hs256, "HS256");
  about.may_sign = may_sign(jwk, true, about.use);
  const secret bytes = symmetric_bytes(jwk);
  std::optional<key> for_urls;
  if (about.use == key_use::refresh) for_urls = url_key(about, bytes);
  return read_jwk{key::hmac(std::move(about), bytes), std::move(for_urls), true, nullptr};
}

read_jwk read_asymmetric(const json& jwk, const key_type& type, key_description about) {
  const bool has_private_half = jwk.contains("d");
  about.use = use(jwk, false);
  about.algorithm = type.algorithm;
  about.algorithm_name = algorithm_name(jwk, type.algorithm, type.algorithm_name);
  about.may_sign = may_sign(jwk, has_private_half, about.use);

  evp_key material = type.read(jwk, has_private_half);  // so the members published below are there and sound
  json published = {{"kty", type.name}, {"kid", about.id}, {"alg", about.algorithm_name}, {"use", "sig"}};
  for (const std::string_view member : type.public_members) {
    if (!member.empty()) published[member] = jwk.at(member);
  }
  return read_jwk{key::asymmetric(std::move(about), std::move(material)), std::nullopt, false, std::move(published)};
}

// Its operations (RFC 7517 §4.3) are those of encryption. One that may only decrypt is an old one.
bool may_seal(const json& jwk) {
  const auto found = jwk.find("key_ops");
  if (found == jwk.end()) return true;
  const bool seals = *found == json::array({"encrypt", "decrypt"}) || *found == json::array({"decrypt", "encrypt"});
  if (!seals && *found != json::array({"decrypt"})) {
    refuse("\"key_ops\" of a key for secrets at rest may only be [\"encrypt\",\"decrypt\"] or [\"decrypt\"]");
  }
  return seals;
}

data_key read_for_data(const json& jwk) {
  data_key read;
  read.id = key_id(jwk);
  if (text(jwk, "kty") != "oct") refuse("\"use\":\"gatehouse-data\" is for \"kty\":\"oct\" only");
  if (jwk.contains("alg")) refuse("\"alg\" of a key for secrets at rest must be left out: there is one way to use it");
  read.may_seal = may_seal(jwk);
  read.bytes = derive(symmetric_bytes(jwk), "gatehouse data");
  return read;
}

read_jwk read(const json& jwk) {
  if (!jwk.is_object()) refuse("is not an object");
  key_description about;
  about.id = key_id(jwk);
  const std::string type = text(jwk, "kty");
  if (type == "oct") return read_symmetric(jwk, std::move(about));
  const auto known = std::ranges::find(key_types, type, &key_type::name);
  if (known != std::end(key_types)) return read_asymmetric(jwk, *known, std::move(about));
  refuse("\"kty\" must be \"oct\", \"OKP\", \"EC\" or \"RSA\"");
}

}  // namespace

bool is_for_data(const json& jwk) {
  const auto use = jwk.is_object() ? jwk.find("use") : jwk.end();
  return use != jwk.end() && *use == "gatehouse-data";
}

result<data_key> parse_data_jwk(const json& jwk) {
  try {
    return read_for_data(jwk);
  } catch (const unusable& refused) {
    return error{fault::invalid, refused.why};
  } catch (const std::runtime_error& e) {
    return error{fault::internal, e.what()};
  }
}

result<read_jwk> parse_jwk(const json& jwk) {
  try {
    return read(jwk);
  } catch (const unusable& refused) {
    return error{fault::invalid, refused.why};
  } catch (const std::runtime_error& e) {
    return error{fault::internal, e.what()};
  }
}

}  // namespace gatehouse::token
