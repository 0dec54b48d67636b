// Signed JWTs in the compact form (RFC 7515, 7519, 8725): made by us, read by us, and by nobody's leave but the key's.
#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "token/claim_set.h"
#include "token/key_set.h"

namespace gatehouse::token {

inline constexpr std::size_t most_token_bytes = 8 * 1024;  // REQUIREMENTS 17
inline constexpr unix_seconds most_leeway = 60;            // REQUIREMENTS 14

// Why a token is worth nothing.
enum class refusal {
  malformed,    // not a compact JWS in strict base64url of strict JSON
  unsupported,  // an algorithm that is not the key's, or a header we do not honour: crit, zip, b64, jwk, jku, x5u, x5c
  unknown_key,  // no key of this use has this kid
  bad_signature,   //
  wrong_type,      // another kind of token (REQUIREMENTS 15)
  expired,         //
  not_yet_valid,   // nbf or iat in the future
  wrong_issuer,    //
  wrong_audience,  //
  missing_claim,   // a claim we need is absent, or not of its type, or out of its range
};
std::string_view to_text(refusal why) noexcept;  // for the log

// A T from a token that holds, or why the token does not.
template <class T>
class [[nodiscard]] verified {
 public:
  verified(T value) : state_(std::move(value)) {}  // NOLINT(google-explicit-constructor)
  verified(refusal why) : state_(why) {}           // NOLINT(google-explicit-constructor)

  explicit operator bool() const noexcept { return state_.index() == 0; }

  // Precondition: it holds.
  T& operator*() & { return *std::get_if<0>(&state_); }
  const T& operator*() const& { return *std::get_if<0>(&state_); }
  T&& operator*() && { return std::move(*std::get_if<0>(&state_)); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

  // Precondition: it does not.
  refusal why() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, refusal> state_;
};

// The same input gives the same bytes, if the key is an HMAC, RSA or Ed25519 one: members are in order of their names.
// Precondition: by.may_sign(). Throws std::exception if libcrypto fails or a string of `claims` is not UTF-8.
std::string sign(const key& by, std::string_view type, const nlohmann::json& claims);

struct expectation {
  std::string_view type;  // of the header: "at+jwt"
  std::string_view issuer;
  std::string_view audience;
  unix_seconds now = 0;
  // How long past its exp a token still holds; cut to 0 … 60 s. Clocks of issuing nodes that run ahead (nbf, iat) are
  // always granted the 60 s.
  unix_seconds leeway = 0;
};

struct jwt {
  std::string key_id;
  claim_set claims;  // iss, aud, exp and iat have been checked
};

// Reads no claim before the signature holds (REQUIREMENTS 16). `iat` is required as `exp` is: the floor of the
// revocation table goes by it. Throws only std::bad_alloc.
verified<jwt> verify(const key_set& keys, key_use use, std::string_view token, const expectation& expected);

}  // namespace gatehouse::token
