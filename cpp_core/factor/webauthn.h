// Passkeys: what a browser answers to navigator.credentials.create() and .get(), checked (Web Authentication Level 3,
// §7.1 and §7.2; REQUIREMENTS 60). Attestation is not asked for: which device it is, nobody is told. The key comes as
// SubjectPublicKeyInfo, from getPublicKey(), so that of CBOR nothing is read; and nothing is lost, for without an
// attestation nobody vouches for the key in either form but he whose passkey it is.
//
// Pure functions: that a challenge is used once, in time and for what it was made, is for the caller to see to.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace gatehouse::factor {

// Why a response was not accepted. Its name is for the audit trail.
enum class webauthn_fault {
  malformed,      // not of the form that the specification gives it
  type,           // made for the other of the two ceremonies
  challenge,      // another one than was asked
  origin,         // made on another site, or inside another site's page
  rp_id,          // for another relying party
  user_presence,  // nobody has touched the authenticator
  user_verified,  // it has not made sure who did
  backup,         // what it says of backups contradicts itself, or what it said at the registration
  algorithm,      // none of ours, or not that of the key
  public_key,     // no key, or too weak or too large a one
  credential_id,  // of no length that there is
  signature,      // by another key, or of something else
  counter         // does not grow: there are two authenticators with this key
};
std::string_view name_of(webauthn_fault fault);

// By their COSE numbers (RFC 9053): what create() is told to make, the best first.
inline constexpr std::int64_t cose_eddsa = -8;    // Ed25519
inline constexpr std::int64_t cose_es256 = -7;    // on P-256
inline constexpr std::int64_t cose_rs256 = -257;  // 2048 to 4096 bits

inline constexpr std::size_t challenge_bytes = 32;             // at least 16 (§13.4.3)
inline constexpr std::size_t most_credential_id_bytes = 1023;  // §4

// What the caller has asked for.
struct expected_ceremony {
  std::string_view challenge;            // its bytes
  std::span<const std::string> origins;  // where it may have been answered, exactly: "https://example.com"
  std::string_view rp_id;                // "example.com"
  bool user_verification = false;        // must the authenticator have made sure who it was?
};

// A registered passkey, as much of it as is kept.
struct passkey {
  std::string credential_id;
  std::string public_key;  // SubjectPublicKeyInfo, DER
  std::int64_t algorithm = 0;
  std::uint32_t sign_count = 0;
  bool user_verified = false;    // at the registration
  bool backup_eligible = false;  // it may be on several devices
  bool backed_up = false;        // it is
  std::string aaguid;            // 16 bytes: the model, if it says so; zero otherwise
};

// All of it bytes, decoded.
struct registration_response {
  std::string_view client_data;         // clientDataJSON
  std::string_view authenticator_data;  // getAuthenticatorData()
  std::string_view public_key;          // getPublicKey()
  std::int64_t algorithm = 0;           // getPublicKeyAlgorithm()
};
// Which of them a key of this kind is for; 0: none.
std::int64_t algorithm_of(std::string_view public_key);

std::variant<passkey, webauthn_fault> verify_registration(const registration_response& response,
                                                          const expected_ceremony& expected);

struct assertion_response {
  std::string_view client_data;
  std::string_view authenticator_data;
  std::string_view signature;
};

// What an assertion has shown, and what of the passkey changes by it.
struct asserted {
  bool user_verified = false;
  bool backed_up = false;
  std::uint32_t sign_count = 0;
};

// `with`: the one of the credential id in the response. The counter is compared last, so that only who has the key can
// say anything of it: webauthn_fault::counter is worth telling the user (§6.1.1).
std::variant<asserted, webauthn_fault> verify_assertion(const assertion_response& response, const passkey& with,
                                                        const expected_ceremony& expected);

// ---- the parsers, which see what strangers send

// authenticatorData (§6.1): a fixed part, and behind it what is not read.
struct authenticator_data {
  std::string_view rp_id_hash;
  std::uint8_t flags = 0;
  std::uint32_t sign_count = 0;
  std::string_view aaguid;         // empty: it has no attested credential data
  std::string_view credential_id;  // likewise

  bool user_present() const { return (flags & 0x01) != 0; }
  bool user_verified() const { return (flags & 0x04) != 0; }
  bool backup_eligible() const { return (flags & 0x08) != 0; }
  bool backed_up() const { return (flags & 0x10) != 0; }
};
std::optional<authenticator_data> read_authenticator_data(std::string_view bytes);

// clientDataJSON (§5.8.1).
struct client_data {
  std::string type;
  std::string challenge;  // its bytes
  std::string origin;
  bool cross_origin = false;  // in a frame of another site, or it names a top origin
};
std::optional<client_data> read_client_data(std::string_view json);

}  // namespace gatehouse::factor
