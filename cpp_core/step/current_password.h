#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "password/hasher.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// For the audit trail: why a password did not match.
std::string reason_of(const password::verdict& wrong);
// One line that tells the operator whose hash no password can match, and what to do.
void report_unusable_hash(const context& ctx, const std::string& user_id, const std::string& why);

// Is in.current_password the one of the bearer's user? `stored`: his hash; nullopt: there is none, and nothing is
// right. nullopt: yes; else what ends the operation. A wrong one is counted like a failed login (REQUIREMENTS 51) and
// recorded (62).
task<std::optional<outcome>> check_current_password(context ctx, input in, std::optional<std::string> stored);

}  // namespace gatehouse::operation
