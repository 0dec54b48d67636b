// What fits a client that must log in: a page navigation is sent to the login page, anything else gets 401.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::gate {

// Headers that tell a navigation from a fetch. Empty where absent.
struct navigation {
  std::string_view method;
  std::string_view fetch_mode;  // Sec-Fetch-Mode
  std::string_view fetch_dest;  // Sec-Fetch-Dest
  std::string_view accept;
  std::string_view upgrade;
};

// A GET by which a browser shows a page: by Fetch Metadata where the browser sends it, else by Accept.
bool is_navigation(const navigation& asked);

// The login page, with `uri`, the path and query first asked for, as its parameter `return` if a browser may be sent
// back there.
std::string login_address(std::string_view login_page, std::string_view uri);

}  // namespace gatehouse::gate
