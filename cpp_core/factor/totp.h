// Codes of authenticator apps: TOTP (RFC 6238) with SHA-1, 30 seconds and six digits, which is what all apps know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace gatehouse::factor {

inline constexpr std::size_t totp_digits = 6;
inline constexpr seconds totp_period{30};

// 160 random bits (RFC 4226 §4, R6).
secret new_totp_secret();

// How many periods had begun by then: T of RFC 6238 §4.2.
std::int64_t totp_step(unix_seconds time);

// RFC 4226 §5.3, with the step as the counter. Throws std::runtime_error if libcrypto fails.
std::string totp_code(const secret& key, std::int64_t step);

// Six digits, with spaces as apps show them or without.
bool is_totp_code(std::string_view typed);

// The step whose code was typed: of `now`, of the one before or of the one after (RFC 6238 §5.2), the latest if it fits
// several. nullopt: none of them. That it was not used before is for the caller to see to.
std::optional<std::int64_t> totp_match(const secret& key, std::string_view typed, unix_seconds now);

// What the app is told, by a QR code or by hand: the secret in base32, and the URI that holds it.
secret totp_key_text(const secret& key);
secret otpauth_uri(std::string_view issuer, std::string_view account, const secret& key);

}  // namespace gatehouse::factor
