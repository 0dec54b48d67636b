// A Lua script, run by its SHA-1 and sent whole only to a Redis that does not know it yet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "redis/connection.h"

namespace gatehouse::redis {

class script {
 public:
  explicit script(std::string source);

  // One round trip, two after a restart or SCRIPT FLUSH. The result is what connection::command() would give.
  task<result<reply>> run(connection& on, std::vector<std::string> keys, std::vector<std::string> args) const;

 private:
  std::string source_;
  std::string sha1_;
};

}  // namespace gatehouse::redis
