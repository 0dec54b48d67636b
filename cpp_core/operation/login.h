#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs email (any identifier) and password. An unknown user, a wrong password and a disabled account look alike and
// cost the same (REQUIREMENTS 52). Failures are limited (51, step/throttle.h). Where the realm requires it, an
// unverified e-mail is email_unverified, to those who know the password only; likewise already_logged_in, where the
// client's policy is single.
task<outcome> login(context ctx, input in);

}  // namespace gatehouse::operation
