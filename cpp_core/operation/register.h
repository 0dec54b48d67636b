#pragma once

#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"

namespace gatehouse::operation {

// Needs name, email and password. Makes the account and signs in.
task<outcome> register_account(context ctx, input in);

}  // namespace gatehouse::operation
