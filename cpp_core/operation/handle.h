// A handle is what a client keeps that gets no refresh token (client::handle_cookie): 128 random bits, of which Redis
// knows the SHA-256 only (REQUIREMENTS 28). It leads to the session, and it stays the same until that ends.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "base/task.h"
#include "operation/context.h"

namespace gatehouse::operation {

secret new_handle();
// What Redis knows of it.
std::string alias_of(const secret& handle);

// The session of a handle of this client.
task<result<session::rotation>> resume(context ctx, secret handle);

// Whose session it is that what the client keeps belongs to: a handle, looked up in Redis, or a refresh token by what
// it says, whose session may have ended. nullopt: neither.
struct kept_session {
  std::string session_id;
  std::string user_id;
};
task<result<std::optional<kept_session>>> session_of(context ctx, secret kept);

}  // namespace gatehouse::operation
