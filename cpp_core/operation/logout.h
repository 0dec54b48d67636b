#pragma once

#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"

namespace gatehouse::operation {

// Ends the session of refresh_token, or of the bearer where no refresh token is given; with neither there is none.
task<outcome> logout(context ctx, input in);

// Ends every session of the bearer's user.
task<outcome> logout_everywhere(context ctx, input in);

}  // namespace gatehouse::operation
