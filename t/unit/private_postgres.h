// A PostgreSQL of a test's own on a Unix socket: user gatehouse, database postgres, no password. initdb runs once per
// test program; every server starts from a copy.
#pragma once

#include <string>
#include <vector>

#include "private_server.h"

namespace gatehouse {

class private_postgres {
 public:
  // Started. `settings` as in postgresql.conf, e.g. {"max_connections=5", "hba_file=/path"}. With
  // "listen_addresses=127.0.0.1" it is on TCP port port() too.
  explicit private_postgres(const std::vector<std::string>& settings = {});

  // host=… port=… user=gatehouse dbname=postgres
  std::string conninfo(const std::string& database = "postgres") const;
  std::string host() const { return folder_.path(); }
  int port() const { return port_; }

  // Runs SQL over a connection of its own, blocking; throws the server's message. Gives the first value, or "".
  std::string execute(const std::string& sql, const std::string& database = "postgres") const;
  // Applies the project's migrations, sql/*.sql, in order.
  void migrate(const std::string& database = "postgres") const;

  const private_folder& folder() const { return folder_; }
  private_server& server() { return server_; }

 private:
  private_folder folder_;
  int port_;
  private_server server_;
};

}  // namespace gatehouse
