#include "dialect/tokens_in_cookies.h"

#include "gate/cookie.h"
#include "operation/issue.h"

namespace gatehouse::dialect {

presented find_token_cookies(const request& asked, const realm::settings& realm) {
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  const gate::found_cookie access = gate::find_cookie(headers, realm.cookies->access());
  const gate::found_cookie refresh = gate::find_cookie(headers, realm.cookies->refresh());
  presented shown;
  shown.conflicting =
      std::holds_alternative<gate::ambiguous_cookie>(access) || std::holds_alternative<gate::ambiguous_cookie>(refresh);
  if (const auto* token = std::get_if<std::string_view>(&access)) shown.access = secret(*token);
  if (const auto* token = std::get_if<std::string_view>(&refresh)) shown.refresh = secret(*token);
  return shown;
}

void set_token_cookies(const exchange& about, const operation::issued_tokens& tokens, response& answer) {
  for (std::string& cookie : operation::session_cookies(about.realm, tokens)) {
    answer.add_header("Set-Cookie", std::move(cookie));
  }
}

}  // namespace gatehouse::dialect
