#pragma once

#include <optional>

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Less than 15 minutes ago.
bool logged_in_recently(const gate::identity& who);

// Whether it is the user and not merely somebody at his screen, by a recent login or current_password: nullopt, or why
// not.
task<std::optional<outcome>> prove_presence(context ctx, input in);

// "Your devices": the sessions of the bearer's user.
task<outcome> list_sessions(context ctx, input in);

// Ends `id`, which must be the bearer's user's. His own needs nothing more; another one a recent login or
// current_password (REQUIREMENTS 38).
task<outcome> end_session(context ctx, input in);

// Ends all but the bearer's own; likewise.
task<outcome> end_other_sessions(context ctx, input in);

}  // namespace gatehouse::operation
