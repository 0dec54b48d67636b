#include "gate/challenge.h"

#include "gate/return_address.h"

namespace gatehouse::gate {

bool is_navigation(const navigation& asked) {
  if (asked.method != "GET" || !asked.upgrade.empty()) return false;
  if (!asked.fetch_mode.empty())
    return asked.fetch_mode == "navigate" && asked.fetch_dest != "object" && asked.fetch_dest != "embed";
  return asked.accept.find("text/html") != std::string_view::npos;
}

std::string login_address(std::string_view login_page, std::string_view uri) {
  std::string address(login_page);
  if (is_safe_return(uri, {})) address.append("?return=").append(percent_encode(uri));
  return address;
}

}  // namespace gatehouse::gate
