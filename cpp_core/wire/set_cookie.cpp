#include "wire/set_cookie.h"

namespace gatehouse::dialect {

std::string set_cookie(const cookie& said) {
  std::string header(said.name);
  header.append("=").append(said.value).append("; Path=/");
  if (said.http_only) header.append("; HttpOnly");
  if (said.secure) header.append("; Secure");
  header.append("; SameSite=").append(said.same_site);
  if (said.lifetime) header.append("; Max-Age=").append(std::to_string(said.lifetime->count()));
  return header;
}

}  // namespace gatehouse::dialect
