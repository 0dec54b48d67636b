// URLs of guarded locations that are good for who has them (gate/signed_url.h).
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::operation {

// Of `path`, for `expires_in` seconds, at `host` if it is there, else at that of public_url. By the bearer, whose
// session answers for it. Asks no store: what he may see is judged when it is used. url_signed.
task<outcome> sign_url(context ctx, input in);

}  // namespace gatehouse::operation
