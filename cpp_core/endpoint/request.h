// A request to an endpoint, owned: nginx's own may be gone before its flow ends.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"

namespace gatehouse::endpoint {

struct request {
  std::string method;
  std::string path;   // after the mount
  std::string query;  // raw
  std::string content_type;
  secret body;  // it may hold a password
  std::string host;
  std::string origin;
  std::string fetch_site;
  bool secure = false;  // came over TLS
  std::string preflight_method;
  std::string address;
  std::string user_agent;
  std::string request_id;
  std::vector<std::string> authorization;
  std::vector<std::string> cookies;
  std::vector<std::string> allowed_origins;
};

}  // namespace gatehouse::endpoint
