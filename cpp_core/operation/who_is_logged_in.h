// Who is logged in already, for the page that would have him log in.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// By the bearer, else by the refresh token, which stays as it is. Answers blank, whatever it finds.
task<outcome> look_who_is_logged_in(context ctx, input in);

}  // namespace gatehouse::operation
