#include "endpoint/router.h"

namespace gatehouse::endpoint {

match find_route(const dialect::dialect& spoken, std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  match found;
  for (const dialect::route& row : spoken.routes) {
    if (row.path != path) continue;
    if (row.method == method) found.route = &row;
    found.allowed.append(found.allowed.empty() ? "" : ", ").append(row.method);
    if (row.method == "GET") found.allowed.append(", HEAD");
  }
  if (!found.allowed.empty()) found.allowed.append(", OPTIONS");
  return found;
}

}  // namespace gatehouse::endpoint
