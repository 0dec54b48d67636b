#include "wire/tokens_in_cookies.h"

#include "gate/cookie.h"
#include "step/issue.h"

namespace gatehouse::dialect {

presented find_token_cookies(const request& asked, const realm::settings& realm) {
  const std::vector<std::string_view> headers = asked.all_headers("Cookie");
  std::string joined;
  const gate::found_cookie access = gate::find_split_cookie(headers, realm.cookies->access(), joined);
  const gate::found_cookie refresh = gate::find_cookie(headers, realm.cookies->refresh());
  presented shown;
  shown.conflicting =
      std::holds_alternative<gate::ambiguous_cookie>(access) || std::holds_alternative<gate::ambiguous_cookie>(refresh);
  if (const auto* token = std::get_if<std::string_view>(&access)) shown.access = secret(*token);
  if (const auto* token = std::get_if<std::string_view>(&refresh)) shown.refresh = secret(*token);
  return shown;
}

void set_token_cookies(const exchange& about, const operation::issued_tokens& tokens, response& answer) {
  for (std::string& cookie : operation::session_cookies(about.realm.cookies_at(about.asked.host), tokens)) {
    answer.add_header("Set-Cookie", std::move(cookie));
  }
  const bool is_short = gate::split_value(about.realm.cookies->access(), tokens.access.reveal()).second.empty();
  if (is_short) clear_token_rest(about, answer);
}

void clear_token_rest(const exchange& about, response& answer) {
  const gate::cookie_pair& cookies = about.realm.cookies_at(about.asked.host);
  const auto shown = gate::find_cookie(about.asked.all_headers("Cookie"), cookies.access_rest());
  if (!std::holds_alternative<gate::no_cookie>(shown)) answer.add_header("Set-Cookie", cookies.clear_access_rest());
}

}  // namespace gatehouse::dialect
