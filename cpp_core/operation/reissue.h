#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// What came of an operation by which the bearer has changed his profile. If he has, an access token that says what
// holds now: signed_in, with the tokens of his session as it is; the refresh token is the one that its owner has
// already. A refusal stays as it is.
task<outcome> reissue_after(context ctx, input in, outcome result);

}  // namespace gatehouse::operation
