#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::operation {

// At the login host: gives the bearer's session to the host of `origin`, by a code that is good once, for a minute, and
// for whoever knows the verifier of `challenge`. No code where the browser has the login host's cookies
// there as well (cookie_domain). assurance_wanted: the bearer lacks what that host asks for.
task<outcome> hand_over(context ctx, input in);

// At that host, whose origin is given: takes the code, and is signed_in with the tokens of a seat there.
task<outcome> arrive(context ctx, input in);

}  // namespace gatehouse::operation
