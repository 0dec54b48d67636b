#include "gate/challenge.h"

#include "base/text.h"
#include "gate/return_address.h"

namespace gatehouse::gate {

bool is_navigation(const navigation& asked) {
  if ((asked.method != "GET" && asked.method != "POST") || !asked.upgrade.empty()) return false;
  if (!asked.fetch_mode.empty())
    return asked.fetch_mode == "navigate" && asked.fetch_dest != "object" && asked.fetch_dest != "embed";
  // Android's WebView names its app in X-Requested-With, also of a navigation.
  const bool by_script = asked.requested_with == "XMLHttpRequest" || !asked.script_mark.empty();
  return !by_script && asked.accept.find("text/html") != std::string_view::npos;
}

bool is_framed(const navigation& asked) {
  return asked.fetch_dest == "iframe" || asked.fetch_dest == "frame" || asked.fetch_dest == "fencedframe";
}

bool may_be_redirected(const navigation& asked) {
  return asked.method == "GET" && is_navigation(asked) && !is_framed(asked);
}

namespace {

// `address` and the way back, where there is one, as a parameter after `mark`, a question mark or an ampersand.
std::string with_return(std::string address, char mark, std::string_view uri) {
  constexpr std::size_t longest = 8192 - std::string_view("GET  HTTP/1.1\r\n").size();
  const std::string wanted = plain_address(uri);
  if (!is_safe_return(wanted, {})) return address;
  const std::string back = mark + ("return=" + percent_encode(wanted));
  return address.size() + back.size() <= longest ? address + back : address;
}

}  // namespace

std::string login_address(std::string_view login_page, std::string_view uri) {
  return with_return(std::string(login_page), '?', uri);
}

std::string step_up_address(std::string_view step_up_page, const assurance& missing, std::string_view uri) {
  return with_return(std::string(step_up_page).append("?").append(missing.query()), '&', uri);
}

std::string error_page_query(std::string_view query, std::string_view uri) {
  const std::size_t mark = uri.find('?');
  if (mark != std::string_view::npos && query == uri.substr(mark + 1)) query = {};
  if (!query.empty()) return std::string(query);
  const std::string address = login_address("", uri);
  return address.empty() ? address : address.substr(1);
}

std::string basic_challenge(std::string_view shown) {
  std::string quoted;
  for (const char c : one_line(shown)) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return "Basic realm=\"" + quoted + "\", charset=\"UTF-8\"";
}

}  // namespace gatehouse::gate
