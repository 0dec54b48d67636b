#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs refresh_token; gives its successor. A handle (handle.h) stays as it is and gives an access token only. Asks
// Redis only: it works while PostgreSQL is down.
task<outcome> refresh(context ctx, input in);

}  // namespace gatehouse::operation
