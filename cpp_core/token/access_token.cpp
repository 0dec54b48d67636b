#include "token/access_token.h"

#include <limits>
#include <stdexcept>
#include <utility>

namespace gatehouse::token {

namespace {

constexpr std::string_view type = "at+jwt";

}  // namespace

std::string mint_access(const key_set& keys, std::string_view issuer, std::string_view audience,
                        std::string_view subject, std::string_view session_id, std::int64_t auth_version,
                        unix_seconds issued_at, unix_seconds expires_at, nlohmann::json extra_claims) {
  nlohmann::json claims = std::move(extra_claims);
  claims["iss"] = issuer;
  claims["aud"] = audience;
  claims["sub"] = subject;
  claims["sid"] = session_id;
  claims["av"] = auth_version;
  claims["iat"] = issued_at;
  claims["exp"] = expires_at;
  claims.erase("nbf");

  std::string token = sign(keys.access_signing_key(), type, claims);
  if (token.size() > most_token_bytes) {
    throw std::runtime_error("the access token of user " + std::string(subject) + " would be " +
                             std::to_string(token.size()) + " bytes; make the user's metadata or roles smaller");
  }
  return token;
}

verified<access_claims> verify_access(const key_set& keys, access_token presented, std::string_view issuer,
                                      std::string_view audience, unix_seconds now, unix_seconds leeway) {
  const expectation expected{.type = type, .issuer = issuer, .audience = audience, .now = now, .leeway = leeway};
  verified<jwt> token = verify(keys, key_use::access, presented.text(), expected);
  if (!token) return token.why();

  const claim_set& claims = token->claims;
  const auto auth_version = claims.whole_number("av", std::numeric_limits<std::int64_t>::max());
  if (claims.text("sub").empty() || claims.text("sid").empty() || !auth_version) return refusal::missing_claim;
  if (claims.has_control_character()) return refusal::missing_claim;

  const std::int64_t issued_at = *claims.whole_number("iat", latest_time);
  const std::int64_t expires_at = *claims.whole_number("exp", latest_time);
  return access_claims{std::move(token->claims), *auth_version, issued_at, expires_at};
}

}  // namespace gatehouse::token
