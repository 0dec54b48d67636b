#include "token/refresh_token.h"

#include <limits>
#include <stdexcept>
#include <utility>

namespace gatehouse::token {

namespace {

constexpr std::string_view refresh_token_type = "rt+jwt";
constexpr std::string_view type_claim = "refresh";
// Another type, so that a Gatehouse that knows no seats refuses it, and does not take its generation for the session's.
constexpr std::string_view seat_type_claim = "seat";

}  // namespace

std::string mint_refresh(const key_set& keys, const refresh_claims& claims, std::string_view issuer,
                         std::string_view audience) {
  const key* const by = keys.find(key_use::refresh, claims.key_id);
  if (by == nullptr) {
    throw std::runtime_error("the refresh key \"" + claims.key_id +
                             "\" is in use and no longer in the key file; put it back, behind the new one");
  }
  nlohmann::json payload;
  payload["iss"] = issuer;
  payload["aud"] = audience;
  payload["sub"] = claims.subject;
  payload["sid"] = claims.session_id;
  payload["gen"] = claims.generation;
  payload["iat"] = claims.issued_at;
  payload["exp"] = claims.expires_at;
  payload["type"] = type_claim;
  if (!claims.seat.empty()) {
    payload["type"] = seat_type_claim;
    payload["seat"] = claims.seat;
    payload["host"] = claims.host;
  }
  return sign(*by, refresh_token_type, payload);
}

verified<refresh_claims> verify_refresh(const key_set& keys, refresh_token presented, std::string_view issuer,
                                        std::string_view audience, unix_seconds now, unix_seconds leeway) {
  const expectation expected{
      .type = refresh_token_type, .issuer = issuer, .audience = audience, .now = now, .leeway = leeway};
  verified<jwt> token = verify(keys, key_use::refresh, presented.text(), expected);
  if (!token) return token.why();

  const claim_set& claims = token->claims;
  const std::string_view kind = claims.text("type");
  const bool is_seat = kind == seat_type_claim;
  if (kind != type_claim && !is_seat) return refusal::wrong_type;
  const auto generation = claims.whole_number("gen", std::numeric_limits<std::int64_t>::max());

  refresh_claims read;
  read.subject = claims.text("sub");
  read.session_id = claims.text("sid");
  if (read.subject.empty() || read.session_id.empty() || !generation) return refusal::missing_claim;
  if (claims.has_control_character()) return refusal::missing_claim;
  read.generation = *generation;
  read.issued_at = *claims.whole_number("iat", latest_time);
  read.expires_at = *claims.whole_number("exp", latest_time);
  read.key_id = std::move(token->key_id);
  if (!is_seat) return read;
  read.seat = claims.text("seat");
  read.host = claims.text("host");
  if (read.seat.empty() || read.host.empty()) return refusal::missing_claim;
  return read;
}

}  // namespace gatehouse::token
