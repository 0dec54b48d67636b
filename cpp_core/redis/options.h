// Where a realm's Redis is and how to log in there: the directive
//   redis unix:/path | host[:port] [db=N] [user=U] [password_file=F] [timeout=250ms] [wait=N];
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::redis {

struct options {
  std::string unix_path;  // empty: `host` and `port`
  std::string host;       // an IP literal, never a name: hiredis would look a name up on the event loop, blocking it
  std::string host_name;  // the name that the operator wrote for it, if it was one
  int port = 6379;
  int database = 0;
  std::string user;  // empty: Redis' default user
  secret password;   // empty: no AUTH

  millis timeout{250};          // for each command, the wait for a connection included
  millis connect_timeout{250};  // from connect() to the answer to the last command of the log-in
  int wait_replicas = 0;        // how many replicas must hold a logout before it counts as done

  std::string name() const;  // "redis unix:/run/redis.sock" or "redis 127.0.0.1:6379", for error texts
  // Tells it and its database from others, by what was written: a name's address may change.
  std::string place() const;
};

// `args` are the directive's words without its name. Runs in the master while the configuration is read: a host name is
// looked up now, the password file (relative to `prefix`, which ends in a slash) is read now and loses one trailing
// newline. Connects nowhere. An error says what to write instead.
result<options> parse_options(std::span<const std::string_view> args, std::string_view prefix);

}  // namespace gatehouse::redis
