// Passkeys (step/passkey.h): of the bearer, and as the whole of a login.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// passkey_options, to make one by within five minutes. Needs current_password, however lately the login was.
task<outcome> offer_passkey(context ctx, input in);
// factor_made, with recovery codes if the user has none. `name`, if it has one already; bad_passkey.
task<outcome> add_passkey(context ctx, input in);

// passkey_options, for whoever has a passkey here; `asked_browser`, where he has a cookie for it.
task<outcome> ask_for_passkey(context ctx, input in);
// A passkey that has verified its user, and nothing else: signed_in; bad_passkey. The limits are those of a login (51),
// and nobody learns whether there is such a user (52).
task<outcome> login_with_passkey(context ctx, input in);

}  // namespace gatehouse::operation
