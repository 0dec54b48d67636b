// The audit rows of attempts that were refused because a limit was full: "attempts_refused", one a minute for each full
// limit, with a count.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/task.h"
#include "limit/limiter.h"
#include "realm/services.h"

namespace gatehouse::operation {

// What limit::refusals keeps of the first one. `account`: as account_in_log() has it.
nlohmann::json about_refusal(const std::string& what, const limit::verdict& said, const std::string& account,
                             const std::string& address);

// Writes the rows that are due. Any worker may, at any time.
task<status> record_refusals(realm::services& realm);

}  // namespace gatehouse::operation
