#include "wire/foreign_request.h"

#include "gate/cross_site.h"

namespace gatehouse::dialect {

bool is_cross_site(const realm::settings& realm, const request& asked) {
  if (gate::is_safe_method(asked.method)) return false;
  const std::vector<std::string_view> origins(asked.allowed_origins.begin(), asked.allowed_origins.end());
  const gate::provenance from{asked.header("Sec-Fetch-Site"), asked.header("Origin")};
  const gate::destination to{realm.public_url, asked.header("Host"), asked.secure, origins};
  return gate::is_foreign(from, to);
}

}  // namespace gatehouse::dialect
