#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// Needs email, password, and name or username: a missing name is the username. metadata, if it is there, is kept. Makes
// the account and signs in, or answers profile to a client whose register_signs_in is off; a mail asks to verify the
// e-mail where the realm verifies them. Where it requires that, nobody is signed in, and the answer is
// verification_sent whether or not there was such an account (REQUIREMENTS 52): its owner is told by mail. A client
// that reveals_taken gets email_taken.
task<outcome> register_account(context ctx, input in);

}  // namespace gatehouse::operation
