#include "private_redis.h"

#include <hiredis/hiredis.h>
#include <signal.h>

namespace gatehouse {

namespace {

std::vector<std::string> command_line(const private_folder& folder, const std::string& socket, int port,
                                      const std::vector<std::string>& options) {
  std::vector<std::string> words{"redis-server",
                                 "--bind",
                                 "127.0.0.1",
                                 "--port",
                                 std::to_string(port),
                                 "--unixsocket",
                                 socket,
                                 "--dir",
                                 folder.path(),
                                 "--save",
                                 "",
                                 "--appendonly",
                                 "yes",
                                 "--appendfsync",  // a killed server must lose nothing; a machine's crash may
                                 "no",
                                 "--daemonize",
                                 "no"};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

// Any answer will do, an error too: it may want a password.
bool answers(const std::string& socket) {
  const timeval limit{1, 0};
  redisContext* connection = redisConnectUnixWithTimeout(socket.c_str(), limit);
  bool ready = false;
  if (connection != nullptr && connection->err == 0) {
    auto* reply = static_cast<redisReply*>(redisCommand(connection, "PING"));
    ready = reply != nullptr && std::string(reply->str, reply->len).rfind("LOADING", 0) != 0;
    if (reply != nullptr) freeReplyObject(reply);
  }
  if (connection != nullptr) redisFree(connection);
  return ready;
}

}  // namespace

private_redis::private_redis(const std::vector<std::string>& options)
    : folder_("redis"),
      socket_(folder_.path() / "redis.sock"),
      port_(free_port()),
      server_(command_line(folder_, socket_, port_, options), folder_.path() / "log", SIGTERM,
              [this] { return answers(socket_); }) {
  server_.start();
}

redis::options private_redis::patient() const {
  redis::options made;
  made.unix_path = socket_;
  made.timeout = made.connect_timeout = std::chrono::seconds{5};
  return made;
}

}  // namespace gatehouse
