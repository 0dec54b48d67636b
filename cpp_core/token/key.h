// One key of a realm: signs and verifies the bytes of a JWS (RFC 7515) by one algorithm, its own (REQUIREMENTS 1). For
// one thread at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/evp.h"
#include "base/secret.h"
#include "base/sha256.h"

namespace gatehouse::token {

inline constexpr std::size_t most_key_id_bytes = 128;  // REQUIREMENTS 12

enum class key_use {
  access,
  refresh,
  signed_url,  // derived from a refresh key, and in no file
};

enum class algorithm {
  hs256,  // HMAC with SHA-256 (RFC 7518 §3.2)
  rs256,  // RSASSA-PKCS1-v1_5 with SHA-256 (§3.3)
  es256,  // ECDSA on P-256 with SHA-256 (§3.4)
  eddsa,  // Ed25519, under the names EdDSA (RFC 8037) and Ed25519 (RFC 9864)
};

// The algorithm of a header's or a key's `alg`, compared exactly; nullopt: none that we know.
std::optional<algorithm> find_algorithm(std::string_view name) noexcept;

struct key_description {
  std::string id;
  key_use use = key_use::access;
  token::algorithm algorithm = token::algorithm::hs256;
  std::string algorithm_name;  // as written into headers
  bool may_sign = false;
};

class key {
 public:
  // What signing and verifying need is prepared here, once. Both throw std::runtime_error if libcrypto fails.
  static key hmac(key_description description, const secret& bytes);
  static key asymmetric(key_description description, evp_key material);

  const std::string& id() const { return about_.id; }
  key_use use() const { return about_.use; }
  token::algorithm algorithm() const { return about_.algorithm; }
  const std::string& algorithm_name() const { return about_.algorithm_name; }
  bool may_sign() const { return about_.may_sign; }

  // The raw bytes of the signature. Precondition: may_sign(). Throws std::runtime_error if libcrypto fails.
  std::string sign(std::string_view input) const;

  // False also if libcrypto fails. Constant time where the key is symmetric (REQUIREMENTS 18).
  bool verify(std::string_view input, std::string_view signed_with) const noexcept;

 private:
  // Contexts ready to be copied, because copying one is cheaper than setting one up. Of HMAC (RFC 2104) they are the
  // two hashes that have taken in the key, and the one that each is copied to.
  struct mac {
    evp_md_context inner;
    evp_md_context outer;
    evp_md_context working;
    bool compute(std::string_view input, sha256_digest& made) const;
  };
  struct signature {
    evp_key material;
    evp_md_context signing;  // null: may not sign
    evp_md_context verifying;
  };

  key(key_description description, std::variant<mac, signature> prepared);

  key_description about_;
  std::variant<mac, signature> prepared_;
};

}  // namespace gatehouse::token
