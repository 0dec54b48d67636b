#include "token/jwt.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/base64url.h"
#include "base/json_text.h"
#include "base/text.h"

namespace gatehouse::token {

namespace {

using nlohmann::json;

// Headers that change what a signature means or where the key comes from. We honour none, and understand no extension.
constexpr std::array<std::string_view, 7> unsupported_headers = {"crit", "zip", "b64", "jwk", "jku", "x5u", "x5c"};

constexpr json_limits header_limits{.bytes = 1024, .depth = 4, .members = 32, .string_length = 512};
// Twice as many members as a request may have: a user's metadata becomes one claim beside others, and what was accepted
// from him must not make a token that is refused.
constexpr json_limits payload_limits{.bytes = most_token_bytes, .depth = 16, .members = 2048};

struct parts {
  std::string_view header;
  std::string_view payload;
  std::string_view signature;
  std::string_view signed_input;  // header.payload
};

// nullopt unless there are exactly two dots; a JWE has four, and the JSON serialisation none (REQUIREMENTS 9).
std::optional<parts> split(std::string_view token) {
  const std::size_t first = token.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) return std::nullopt;
  return parts{token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1),
               token.substr(0, second)};
}

std::optional<claim_set> decode_object(std::string_view part, const json_limits& limits) {
  std::optional<std::string> decoded = base64url_decode(part);
  if (!decoded) return std::nullopt;
  return claim_set::read(std::move(*decoded), limits);
}

// "application/" may be left out of typ, and case does not matter (RFC 7515 §4.1.9).
bool is_type(std::string_view type, std::string_view expected) {
  constexpr std::string_view prefix = "application/";
  if (equal_ignoring_case(type.substr(0, prefix.size()), prefix)) type.remove_prefix(prefix.size());
  return equal_ignoring_case(type, expected);
}

// The key that the header chooses, by its kid alone: `alg` must then be that key's, and decides nothing (REQUIREMENTS
// 1).
verified<const key*> choose_key(const key_set& keys, key_use use, std::string_view part, std::string_view type) {
  if (const key* const known = keys.recall(use, type, part)) return known;
  const std::optional<claim_set> read = decode_object(part, header_limits);
  if (!read) return refusal::malformed;
  const claim_set& header = *read;
  if (!is_type(header.text("typ"), type)) return refusal::wrong_type;
  if (std::ranges::any_of(unsupported_headers, [&](std::string_view name) { return header.contains(name); })) {
    return refusal::unsupported;
  }
  const auto algorithm = find_algorithm(header.text("alg"));
  if (!algorithm) return refusal::unsupported;

  const std::string_view id = header.text("kid");
  if (id.empty() || id.size() > most_key_id_bytes) return refusal::unknown_key;
  const key* const chosen = keys.find(use, id);
  if (chosen == nullptr) return refusal::unknown_key;
  if (*algorithm != chosen->algorithm()) return refusal::unsupported;
  keys.remember(use, type, part, *chosen);
  return chosen;
}

// A string, or an array of strings (RFC 7519 §4.1.3).
bool is_for(const claim_set& claims, std::string_view audience) {
  bool is_named = false;
  bool all_are_texts = true;
  const bool is_array = claims.for_each_text("aud", [&](std::optional<std::string_view> each) {
    is_named = is_named || each == audience;
    all_are_texts = all_are_texts && each.has_value();
  });
  return is_array ? is_named && all_are_texts : !audience.empty() && claims.text("aud") == audience;
}

// nullopt: they hold. `expired` comes last, so that it means: this would be a good token if it were younger.
std::optional<refusal> judge(const claim_set& claims, const expectation& expected) {
  const std::string_view issuer = claims.text("iss");
  if (issuer.empty() || issuer != expected.issuer) return refusal::wrong_issuer;
  if (!is_for(claims, expected.audience)) return refusal::wrong_audience;

  const auto expires_at = claims.whole_number("exp", latest_time);
  const auto issued_at = claims.whole_number("iat", latest_time);
  if (!expires_at || !issued_at || *expires_at <= *issued_at) return refusal::missing_claim;
  if (*issued_at > expected.now + most_leeway) return refusal::not_yet_valid;
  if (claims.contains("nbf")) {
    const auto not_before = claims.whole_number("nbf", latest_time);
    if (!not_before) return refusal::missing_claim;
    if (*not_before > expected.now + most_leeway) return refusal::not_yet_valid;
  }
  const unix_seconds leeway = std::clamp<unix_seconds>(expected.leeway, 0, most_leeway);
  if (*expires_at + leeway <= expected.now) return refusal::expired;
  return std::nullopt;
}

}  // namespace

std::string_view to_text(refusal why) noexcept {
  switch (why) {
    case refusal::malformed:
      return "malformed";
    case refusal::unsupported:
      return "unsupported algorithm or header";
    case refusal::unknown_key:
      return "unknown key";
    case refusal::bad_signature:
      return "bad signature";
    case refusal::wrong_type:
      return "wrong type of token";
    case refusal::expired:
      return "expired";
    case refusal::not_yet_valid:
      return "not yet valid";
    case refusal::wrong_issuer:
      return "wrong issuer";
    case refusal::wrong_audience:
      return "wrong audience";
    case refusal::missing_claim:
      return "missing or unusable claim";
  }
  return "unknown";
}

std::string sign(const key& by, std::string_view type, const json& claims) {
  // Members in order of their names. Of these only a kid may need escapes.
  const std::string header = R"({"alg":")" + by.algorithm_name() + R"(","kid":)" + json_text(json(by.id())) +
                             R"(,"typ":")" + std::string(type) + "\"}";
  std::string token = base64url_encode(header);
  token += '.';
  token += base64url_encode(json_text(claims));
  const std::string signature = base64url_encode(by.sign(token));
  token += '.';
  token += signature;
  return token;
}

verified<jwt> verify(const key_set& keys, key_use use, std::string_view token, const expectation& expected) {
  if (token.size() > most_token_bytes) return refusal::malformed;
  const std::optional<parts> parts = split(token);
  if (!parts) return refusal::malformed;
  const verified<const key*> chosen = choose_key(keys, use, parts->header, expected.type);
  if (!chosen) return chosen.why();
  const std::optional<std::string> signature = base64url_decode(parts->signature);
  if (!signature) return refusal::malformed;
  if (!(*chosen)->verify(parts->signed_input, *signature)) return refusal::bad_signature;

  std::optional<claim_set> claims = decode_object(parts->payload, payload_limits);
  if (!claims) return refusal::malformed;
  if (const auto refused = judge(*claims, expected)) return *refused;
  return jwt{(*chosen)->id(), std::move(*claims)};
}

}  // namespace gatehouse::token
