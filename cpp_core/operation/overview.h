// The account page: the profile and the sessions at one look.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs the bearer. Answers account_overview.
task<outcome> show_overview(context ctx, input in);

// What came of an operation that was asked for on the account page: if it was refused, the page is shown again, with
// the refusal as its trouble.
task<outcome> show_overview_after(context ctx, input in, outcome result);

// Makes a token, and shows the page with it: nothing else ever will.
task<outcome> create_user_token_on_page(context ctx, input in);

// Likewise with what an authenticator app is told; and with the same again where a code was wrong.
task<outcome> offer_totp_on_page(context ctx, input in);
task<outcome> confirm_totp_on_page(context ctx, input in);

}  // namespace gatehouse::operation
