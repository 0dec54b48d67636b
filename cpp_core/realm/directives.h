// The directives of a realm block, as a table. Adding a row adds the directive.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "realm/settings.h"

namespace gatehouse::realm {

using arguments = std::span<const std::string_view>;

struct directive {
  std::string_view name;
  std::size_t least, most;  // arguments
  std::string_view usage;
  // `prefix`: the directory that relative file names start from, with its slash.
  status (*apply)(settings& realm, arguments args, const std::string& prefix);
};

std::span<const directive> directives();
// nullptr: there is none of this name.
const directive* find_directive(std::string_view name);

}  // namespace gatehouse::realm
