// Silent refresh: a browser's access cookie has run out, its refresh cookie has not.
#pragma once

#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "gate/identity.h"
#include "gatehouse.h"
#include "operation/context.h"

namespace gatehouse::operation {

struct renewal {
  gh_verdict verdict = GH_FAILED;  // GH_ALLOWED with `who`, GH_UNAUTHENTICATED, GH_UNAVAILABLE or GH_FAILED
  gate::identity_ref who;
  std::vector<std::string> set_cookies;  // values of Set-Cookie
};

// The next generation, with its two cookies. A refresh token that is no longer good is taken away from the browser;
// where Redis does not answer, the cookies stay.
task<renewal> renew(context ctx, secret refresh_token);

// Who it would be, without a new generation and without cookies. An answer is remembered for a few seconds.
task<renewal> look_at_session(context ctx, secret refresh_token);

}  // namespace gatehouse::operation
