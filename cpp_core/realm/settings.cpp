#include "realm/settings.h"

#include <algorithm>

namespace gatehouse::realm {

bool settings::shares_cookies_with(std::string_view host) const {
  return !cookie_domain.empty() && (host == cookie_domain || host.ends_with("." + cookie_domain));
}

const gate::cookie_pair& settings::cookies_at(std::string_view host) const {
  return cookie_domain.empty() || shares_cookies_with(host) ? *cookies : *own_cookies;
}

bool settings::may_register(const account::email& address) const {
  switch (registration) {
    case registration::open:
      return true;
    case registration::domain: {
      const std::string_view canonical = address.canonical();
      const std::string_view domain = canonical.substr(canonical.rfind('@') + 1);
      return std::ranges::find(registration_domains, domain) != registration_domains.end();
    }
    case registration::closed:
      break;
  }
  return false;
}

}  // namespace gatehouse::realm
