// Silent refresh: a browser's access cookie has run out, its refresh cookie has not.
#pragma once

#include <optional>

#include "base/secret.h"
#include "base/task.h"
#include "gate/identity.h"
#include "gatehouse.h"
#include "step/context.h"

namespace gatehouse::operation {

struct renewal {
  gh_verdict verdict =
      GH_FAILED;  // GH_ALLOWED with `who`, GH_UNAUTHENTICATED, GH_FORBIDDEN, GH_UNAVAILABLE or GH_FAILED
  gate::identity_ref who;
  std::optional<issued_tokens> tokens;  // of renew(), with GH_ALLOWED
  bool ended = false;                   // the refresh token is worth nothing any more: the browser may forget it
};

// The next generation.
task<renewal> renew(context ctx, secret refresh_token);

// Who it would be, without a new generation. An answer is remembered for a few seconds.
task<renewal> look_at_session(context ctx, secret refresh_token);

}  // namespace gatehouse::operation
