#include "wire/session_csrf.h"

#include "base/hex.h"

namespace gatehouse::dialect {

namespace {

// No signing input of a JWT has a space, so no token of the realm has this signature.
std::string signing_input(std::string_view session_id) { return "csrf_token of session " + std::string(session_id); }

}  // namespace

std::string session_csrf_token(const realm::settings& realm, std::string_view session_id) {
  return hex_encode(realm.keys->refresh_signing_key().sign(signing_input(session_id)));
}

bool is_session_csrf_token(const realm::settings& realm, std::string_view session_id, std::string_view shown) {
  const std::optional<std::string> signature = hex_decode(shown);
  return signature && realm.keys->verify_by_any(token::key_use::refresh, signing_input(session_id), *signature);
}

}  // namespace gatehouse::dialect
