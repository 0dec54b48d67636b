#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Ends the session of refresh_token and that of the bearer, which may be two: nobody is to believe himself logged out
// who is not. With neither there is none to end, unless there is and we cannot tell which.
task<outcome> logout(context ctx, input in);

// The same for who must show something of a session: bad_refresh_token if he shows nothing.
task<outcome> logout_of_session(context ctx, input in);

// Ends every session of the bearer's user.
task<outcome> logout_everywhere(context ctx, input in);

}  // namespace gatehouse::operation
