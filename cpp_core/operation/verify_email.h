#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs link_token: of a registration, or of a new e-mail, which replaces the old one here and now. Answers
// email_verified, or link_expired or link_unknown. The user's access tokens expire, so that the application sees the
// e-mail at the next request; nobody is logged in or out.
task<outcome> verify_email(context ctx, input in);

// Sends the verification mail once more, to the user of `email`, or the bearer's; needs one of them. The answer,
// mail_sent, is the same and costs the same whether there is such a user or not (REQUIREMENTS 52).
task<outcome> resend_verification(context ctx, input in);

}  // namespace gatehouse::operation
