// Where a realm's PostgreSQL is and how long we wait for it: the directive
//
//     postgres CONNINFO [pool=N] [queue=N] [timeout=TIME] [password_file=FILE];
//
// CONNINFO is any connection string of libpq, keywords or URI, also with several hosts and target_session_attrs. A
// password never stands in it: `password_file=FILE`, here or as a word of its own, names the file that holds it.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"

namespace gatehouse::postgres {

using parameter_list = std::vector<std::pair<std::string, std::string>>;

struct options {
  parameter_list parameters;  // keywords of libpq; never the password
  std::string own_options;  // what CONNINFO says under `options`, which in `parameters` also has our statement_timeout
  secret password;          // empty: none
  std::string server;       // for messages, e.g. "PostgreSQL (host=db1 dbname=gatehouse)"
  std::size_t pool = 4;     // connections per worker
  std::size_t queue = 256;  // calls that may wait for a connection, per worker
  millis timeout{2000};     // of one call: waiting, connecting and the statement

  // PgBouncer refuses a connection with `options`, and a SET in their place would be left to whoever gets the server's
  // connection next. So there the statement_timeout is that of the role.
  parameter_list parameters_for_pgbouncer() const;
};

// `arguments` are the directive's words after CONNINFO. Reads the password file, but connects nowhere. A relative file
// name starts at `prefix`, which ends with a slash. An error says what is wrong and what to write, and never shows a
// password.
result<options> parse_options(const std::string& conninfo, const std::vector<std::string>& arguments,
                              const std::string& prefix);

}  // namespace gatehouse::postgres
