#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs email. Sends a link to reset the password by. The answer, mail_sent, is the same and costs the same whether
// there is such a user or not (REQUIREMENTS 52).
task<outcome> forgot_password(context ctx, input in);

// Needs link_token and password, which may be confirmed. Answers password_reset, link_expired or link_unknown; a
// password that the policy refuses leaves the link good. Ends every session of the user, tells him by mail, and logs
// nobody in (REQUIREMENTS 57). The link has proved the e-mail.
task<outcome> reset_password(context ctx, input in);

// Needs link_token. The same with a password made here: temporary_password.
task<outcome> make_temporary_password(context ctx, input in);

}  // namespace gatehouse::operation
