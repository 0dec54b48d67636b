#include "csrf/csrf_cookie.h"

#include "base/hex.h"
#include "base/random.h"
#include "gate/cookie.h"
#include "gate/set_cookie.h"

namespace gatehouse::dialect {

namespace {

constexpr std::string_view cookie_name = csrf_cookies[0];
constexpr std::string_view separator = "%7C";
constexpr std::size_t token_bytes = 64;

// A JWT's signing input is base64url and a dot: it has no space.
std::string signing_input(const realm::settings& realm, std::string_view token) {
  return "csrf token of realm " + realm.name + ": " + std::string(token);
}

gate::cookie cookie_of(const realm::settings& realm, std::string value) {
  return {.name = std::string(cookie_name),
          .value = std::move(value),
          .secure = realm.cookie_secure,
          .same_site = "Strict"};
}

}  // namespace

std::string new_csrf_token() { return random_hex(token_bytes); }

std::string set_csrf_cookie(const realm::settings& realm, std::string_view token) {
  std::string value(token);
  value.append(separator).append(hex_encode(realm.keys->refresh_signing_key().sign(signing_input(realm, token))));
  return gate::set_cookie(cookie_of(realm, std::move(value)));
}

std::string clear_csrf_cookie(const realm::settings& realm) { return gate::clear_cookie(cookie_of(realm, "")); }

found_csrf_cookie find_csrf_cookie(const request& asked, const realm::settings& realm) {
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  const gate::found_cookie found = gate::find_cookie(headers, cookie_name);
  if (std::holds_alternative<gate::no_cookie>(found)) return no_csrf_cookie();
  const auto* value = std::get_if<std::string_view>(&found);
  if (value == nullptr) return forged_csrf_cookie();

  const std::string_view token = value->substr(0, value->find(separator));
  if (token.size() != 2 * token_bytes || token.size() == value->size()) return forged_csrf_cookie();
  const std::optional<std::string> signature = hex_decode(value->substr(token.size() + separator.size()));
  const bool is_ours =
      signature && realm.keys->verify_by_any(token::key_use::refresh, signing_input(realm, token), *signature);
  if (!is_ours) return forged_csrf_cookie();
  return std::string(token);
}

}  // namespace gatehouse::dialect
