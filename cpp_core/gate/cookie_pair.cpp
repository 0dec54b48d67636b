#include "gate/cookie_pair.h"

namespace gatehouse::gate {

cookie_pair::cookie_pair(std::string_view name, bool secure)
    : access_((secure ? "__Host-" : "") + std::string(name)), refresh_(access_ + "-refresh"), secure_(secure) {}

std::string cookie_pair::set(std::string_view name, std::string_view value, std::optional<seconds> lifetime) const {
  std::string header(name);
  header.append("=").append(value).append("; Path=/");
  if (lifetime) header.append("; Max-Age=").append(std::to_string(lifetime->count()));
  header.append(secure_ ? "; Secure; HttpOnly; SameSite=Lax" : "; HttpOnly; SameSite=Lax");
  return header;
}

}  // namespace gatehouse::gate
