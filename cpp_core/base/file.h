// Reading a configuration file whole, in the master, while nginx reads its configuration.
#pragma once

#include <cstddef>
#include <string>

#include "base/result.h"
#include "base/secret.h"

namespace gatehouse {

// The bytes of a regular file of at most `limit` bytes; the error names the file and the reason.
result<std::string> read_file(const std::string& path, std::size_t limit);

// A password or key file: one line, its newline dropped, not empty.
result<secret> read_secret_file(const std::string& path);

}  // namespace gatehouse
