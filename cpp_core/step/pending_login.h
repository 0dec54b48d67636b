// A login that waits for its second step, in Redis (session/pending.h), under a token that only its client has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/secret.h"
#include "base/task.h"
#include "step/context.h"
#include "step/totp_offer.h"

namespace gatehouse::operation {

struct pending_login {
  std::string user_id;
  std::int64_t auth_version = 0;  // which the first step was shown for
  std::string client;
  bool persistent = true;
  bool may_postpone = false;
  std::int64_t factor_version = 0;
  std::optional<offered_totp> offer{};  // of a user who has no factor, and gets one with this login
};

// What a passkey's challenge for it is bound to (step/passkey.h).
std::string subject_of(const secret& token);

// Its token.
task<result<secret>> begin_pending(context ctx, pending_login login);
// nullopt, here and below: there is none any more, or it is another client's.
task<result<std::optional<pending_login>>> look_at_pending(context ctx, secret token);
// The same, for a try, which counts.
task<result<std::optional<pending_login>>> try_pending(context ctx, secret token);
// True for the one who ends it.
task<result<bool>> take_pending(context ctx, secret token);

}  // namespace gatehouse::operation
