#pragma once

#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"

namespace gatehouse::operation {

// Needs refresh_token; gives its successor. Asks Redis only: it works while PostgreSQL is down.
task<outcome> refresh(context ctx, input in);

}  // namespace gatehouse::operation
