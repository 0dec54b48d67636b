// The files of a folder that an operator looks after, read while nginx reads its configuration, as root.
#pragma once

#include <map>
#include <string>

#include "base/result.h"

namespace gatehouse::view {

using files_by_name = std::map<std::string, std::string, std::less<>>;

// What lies in `directory`, but nothing deeper, nothing hidden and no editor's backups. What is in `root`, where the
// folder begins, is shown to everybody, so a link that leads out of it is an error, as is one that leads nowhere.
result<files_by_name> read_files(const std::string& directory, const std::string& root);

}  // namespace gatehouse::view
