// Silent refresh: a browser's access cookie has run out, its refresh cookie has not.
#pragma once

#include <optional>

#include "base/secret.h"
#include "base/task.h"
#include "gate/identity.h"
#include "gate/verdict.h"
#include "step/context.h"

namespace gatehouse::operation {

struct renewal {
  gate::verdict verdict =
      gate::verdict::failed;  // allowed with `who`, unauthenticated, forbidden, unavailable or failed
  gate::identity_ref who;
  std::optional<issued_tokens> tokens;  // of renew(), with allowed
  bool ended = false;                   // the refresh token is worth nothing any more: the browser may forget it
};

// The next generation.
task<renewal> renew(context ctx, secret refresh_token);

// Who it would be, without a new generation. An answer is remembered for a few seconds.
task<renewal> look_at_session(context ctx, secret refresh_token);

}  // namespace gatehouse::operation
