// What a realm's directives say together and cannot do: each an accepted configuration that an operator did not mean.
#pragma once

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "realm/settings.h"

namespace gatehouse::realm {

// Of a complete realm; `given`: the names of the directives that are there. One sentence each, with what to write.
std::vector<std::string> advice_on(const settings& realm, const std::set<std::string, std::less<>>& given);

}  // namespace gatehouse::realm
