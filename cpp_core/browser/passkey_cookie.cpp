#include "browser/passkey_cookie.h"

#include "gate/cookie.h"
#include "gate/set_cookie.h"

namespace gatehouse::dialect {

std::string passkey_cookie_name(const realm::settings& realm) {
  return gate::cookie_name(realm.cookie_name, realm.cookie_secure) + "-passkey";
}

std::optional<std::string> passkey_browser(const request& asked, const realm::settings& realm) {
  const gate::found_cookie found = gate::find_cookie(asked.all_headers("Cookie"), passkey_cookie_name(realm));
  const auto* value = std::get_if<std::string_view>(&found);
  return value == nullptr ? std::nullopt : std::optional<std::string>(*value);
}

std::string set_passkey_browser(const realm::settings& realm, const std::string& browser) {
  gate::cookie said;
  said.name = passkey_cookie_name(realm);
  said.value = browser;
  said.secure = realm.cookie_secure;
  return gate::set_cookie(said);
}

}  // namespace gatehouse::dialect
