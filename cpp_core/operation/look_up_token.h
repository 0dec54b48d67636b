// A client that is no browser shows a user's token, or by Basic a password, that this worker does not know yet.
#pragma once

#include <string>

#include "base/secret.h"
#include "base/sha256.h"
#include "base/task.h"
#include "gate/known_tokens.h"
#include "operation/renew.h"
#include "step/context.h"

namespace gatehouse::operation {

struct token_to_look_up {
  sha256_digest key;  // gate::known_tokens::key_of()
  bool is_password;
  std::string username;  // with a password
  secret password;
};

// Asks PostgreSQL, and has the worker know what it says: then judge the request anew. allowed: it is known;
// unauthenticated, limited, unavailable or failed. Who tries what is nobody's is counted by address, as
// with one-time tokens; a wrong password as at a login.
task<gate::verdict> look_up_token(context ctx, token_to_look_up shown);

// Likewise, in Redis, the session that has signed a URL. `key`: gate::known_tokens::key_of_session(). Who has a genuine
// signature guesses nothing, so nobody counts.
task<gate::verdict> look_up_signer(context ctx, sha256_digest key, std::string session_id);

}  // namespace gatehouse::operation
