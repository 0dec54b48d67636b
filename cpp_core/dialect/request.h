// A request to an endpoint, owned: nginx's own may be gone before its flow ends.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace gatehouse::dialect {

struct request {
  std::string method;
  std::string host;   // the name by which the server was chosen, in lower case, without a port
  std::string mount;  // the path prefix that the endpoints are at, e.g. "/auth/"
  std::string path;   // after the mount, without a slash at its end
  std::string uri;    // as sent, with the query
  std::string query;  // raw
  std::vector<std::pair<std::string, std::string>> headers;
  secret body;          // it may hold a password
  bool secure = false;  // came over TLS
  bool framed = false;  // what is shown is shown inside another page
  std::string address;
  std::string request_id;
  std::vector<std::string> allowed_origins;

  // The value of the first header of this name, in any case; empty: there is none.
  std::string_view header(std::string_view name) const;
  // Those of all headers of this name.
  std::vector<std::string_view> all_headers(std::string_view name) const;
};

}  // namespace gatehouse::dialect
