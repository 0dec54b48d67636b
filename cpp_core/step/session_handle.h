// A handle is what a client keeps that gets no refresh token (client::handle_cookie, client::opaque_refresh): 128
// random bits, 122 as a UUID, of which Redis knows the SHA-256 only (REQUIREMENTS 28). It leads to the session, and it
// stays the same until that ends.
#pragma once

#include <optional>
#include <string>

#include "base/secret.h"
#include "base/task.h"
#include "step/context.h"

namespace gatehouse::operation {

bool keeps_handle(const client& of);
secret new_handle(const client& of);
// Whether what a client keeps is to be looked up as one. A client with opaque_refresh may still have a refresh token
// that it got before it had handles.
bool may_be_handle(const client& of, const secret& kept);
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
