#pragma once

#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"

namespace gatehouse::operation {

// All three act on the bearer's own account.
task<outcome> show_profile(context ctx, input in);

// Any of name, email, password; the last two need current_password (REQUIREMENTS 53). A new password ends the user's
// other sessions; after a new e-mail all of them must refresh, this one too.
task<outcome> change_profile(context ctx, input in);

// Deletes the account and ends its sessions.
task<outcome> remove_account(context ctx, input in);

}  // namespace gatehouse::operation
