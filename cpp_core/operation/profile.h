#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// All three act on the bearer's own account.
task<outcome> show_profile(context ctx, input in);

// Any of name, metadata, email, password; the last two need current_password (REQUIREMENTS 53), or with a client whose
// recent_login_proves is on any of them a recent login (sessions.h). A new password ends the user's
// other sessions. Where the realm verifies e-mails, a new one is pending until the link sent to it is used
// (verify_email.h); else, and for a client with email_at_once, it counts at once, the old one is told, and all sessions
// must refresh, this one too (REQUIREMENTS 58).
task<outcome> change_profile(context ctx, input in);

// Deletes the account and ends its sessions. current_password must be right if it is sent.
task<outcome> remove_account(context ctx, input in);
// The same to any account; `session_id`: of who does it. not_found: there is none such.
task<outcome> remove_account_of(context ctx, std::string user_id, std::string session_id);

}  // namespace gatehouse::operation
