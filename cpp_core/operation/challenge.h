#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// The second step of a login that has a challenge (step/second_factor.h): needs pending_token, and a passkey, or code,
// which is one of an authenticator app or a recovery code. signed_in; bad_code, five times; challenge_lost once there
// is no such login any more. Failures are limited like those of the first step (51).
task<outcome> answer_challenge(context ctx, input in);

// Who is to get a factor now, and may postpone that: signed_in without one. Needs pending_token.
task<outcome> postpone_challenge(context ctx, input in);

// For a page. A challenge without a token: what is asked for; challenge_lost also for who has no pending_token.
task<outcome> look_at_challenge(context ctx, input in);
// The answer, and the page again if it is refused for what was typed or for now.
task<outcome> answer_challenge_on_page(context ctx, input in);
task<outcome> postpone_challenge_on_page(context ctx, input in);

}  // namespace gatehouse::operation
