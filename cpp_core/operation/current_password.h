#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"

namespace gatehouse::operation {

// Is in.current_password the one of the bearer's user? `stored`: his hash; nullopt: there is none, and nothing is
// right. nullopt: yes; else what ends the operation. A wrong one is counted like a failed login (REQUIREMENTS 51) and
// recorded (62).
task<std::optional<outcome>> check_current_password(context ctx, input in, std::optional<std::string> stored);

}  // namespace gatehouse::operation
