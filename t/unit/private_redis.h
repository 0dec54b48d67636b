// A Redis of a test's own, on a Unix socket and on a loopback port: private_redis redis; … redis.server().pause();
#pragma once

#include <string>
#include <vector>

#include "private_server.h"

namespace gatehouse {

class private_redis {
 public:
  // Started. `options` are redis-server's, e.g. {"--requirepass", "secret"}.
  explicit private_redis(const std::vector<std::string>& options = {});

  const std::string& socket() const { return socket_; }
  int port() const { return port_; }
  const private_folder& folder() const { return folder_; }
  private_server& server() { return server_; }

 private:
  private_folder folder_;
  std::string socket_;
  int port_;
  private_server server_;
};

}  // namespace gatehouse
