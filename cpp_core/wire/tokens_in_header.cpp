#include "wire/tokens_in_header.h"

#include "gate/bearer.h"

namespace gatehouse::dialect {

presented find_bearer_token(const request& asked, const realm::settings&) {
  const std::vector<std::string_view> headers = asked.all_headers("Authorization");
  const gate::found_token found = gate::find_bearer(headers);
  presented shown;
  shown.conflicting = std::holds_alternative<gate::ambiguous_token>(found);
  shown.malformed = std::holds_alternative<gate::malformed_token>(found);
  if (const auto* token = std::get_if<gate::bearer_token>(&found)) shown.access = secret(token->text);
  return shown;
}

}  // namespace gatehouse::dialect
