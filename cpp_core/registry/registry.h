// The dialects there are. Whoever adds one names it here, and nowhere else.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// nullptr: there is none of this name.
const dialect* find(std::string_view name);
std::string names();  // for an error message
// Of any dialect's access tokens, where the realm sets none.
seconds longest_access_lifetime();

}  // namespace gatehouse::dialect
