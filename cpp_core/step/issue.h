// Between a session and its tokens: opening one, making the tokens of its head, reading a refresh token back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "step/context.h"
#include "step/outcome.h"
#include "token/refresh_token.h"

namespace gatehouse::operation {

// The lifetimes that hold here: the realm's where it sets them, else the dialect's.
session::lifetimes lifetimes_of(const context& ctx);

// The claims of a refresh token of ours that has not expired and is good at this host; whether its session lives, only
// Redis knows.
std::optional<token::refresh_claims> verified_refresh_token(const context& ctx, const secret& presented);

// For the audit trail; `session_id` empty: none.
account::source source_of(const context& ctx, std::string session_id);

// The refresh token comes out the same for the same head, byte for byte.
issued_tokens issue_tokens(const context& ctx, const account::user& user, const session::head& head);

// Where a browser would drop the access token, unasked and unsaid: a refusal, and a line in the log. nullopt: it keeps
// it.
std::optional<outcome> refuse_unkeepable(const context& ctx, const account::user& user, const issued_tokens& tokens);

// The values of the Set-Cookie headers that give them to a browser.
std::vector<std::string> session_cookies(const gate::cookie_pair& cookies, const issued_tokens& tokens);

// How long a browser keeps a cookie of a token that ends then; nullopt: until it is closed.
std::optional<seconds> cookie_lifetime(const issued_tokens& tokens, unix_seconds expires_at);

// Whether the cookies of a login outlive the browser: what the realm says, or the user if he was asked.
bool keeps_logged_in(const context& ctx, const input& in);

// Opens a session for a user who has just proved who they are, and answers with its tokens, or already_logged_in where
// the client's policy is single. `amr`: how (RFC 8176); `persistent`: see keeps_logged_in().
// nullopt: the user has changed since he was read; what was proved may not hold any more.
task<std::optional<outcome>> sign_in(context ctx, account::user user, std::string amr, bool persistent);

}  // namespace gatehouse::operation
