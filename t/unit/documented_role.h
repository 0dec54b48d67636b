// The role of sql/007_administration.sql, made by the very statements that its comment recommends.
#pragma once

#include <fstream>
#include <string>

#include "private_postgres.h"

namespace gatehouse {

inline void create_documented_role(const private_postgres& server) {
  std::ifstream file(std::string(SQL_DIRECTORY) + "/007_administration.sql");
  std::string statements;
  for (std::string line; std::getline(file, line) && line.starts_with("--");) {
    const std::size_t first = line.find_first_not_of("- ");
    if (first == std::string::npos) continue;
    line.erase(0, first);
    const bool goes_on = !statements.empty() && !statements.ends_with(";\n");
    if (goes_on || line.starts_with("CREATE ROLE") || line.starts_with("GRANT")) statements += line + "\n";
  }
  server.execute(statements);
}

}  // namespace gatehouse
