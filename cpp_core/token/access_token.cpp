#include "token/access_token.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "token/claim.h"

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

  nlohmann::json& claims = token->claims;
  const std::string* const subject = text_claim(claims, "sub");
  const std::string* const session_id = text_claim(claims, "sid");
  const auto auth_version = whole_number(claims, "av", std::numeric_limits<std::int64_t>::max());
  if (subject == nullptr || session_id == nullptr || !auth_version) return refusal::missing_claim;
  if (has_control_character(claims)) return refusal::missing_claim;

  access_claims read;
  read.subject = *subject;
  read.session_id = *session_id;
  read.auth_version = *auth_version;
  read.issued_at = claims["iat"].get<unix_seconds>();
  read.expires_at = claims["exp"].get<unix_seconds>();
  read.all = std::move(claims);
  return read;
}

}  // namespace gatehouse::token
