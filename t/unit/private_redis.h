// A Redis of a test's own, on a Unix socket and on a loopback port: private_redis redis; … redis.server().pause();
#pragma once

#include <string>
#include <vector>

#include "private_server.h"
#include "redis/options.h"

namespace gatehouse {

class private_redis {
 public:
  // Started. `options` are redis-server's, e.g. {"--requirepass", "secret"}.
  explicit private_redis(const std::vector<std::string>& options = {});

  const std::string& socket() const { return socket_; }
  // How to reach it, with patience: on a busy machine an answer may take longer than the 250 ms of production.
  redis::options patient() const;
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
