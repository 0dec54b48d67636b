// Between a session and its tokens: opening one, making the tokens of its head, reading a refresh token back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "operation/context.h"
#include "operation/outcome.h"
#include "token/refresh_token.h"

namespace gatehouse::operation {

// The lifetimes that hold here: the realm's where it sets them, else the dialect's.
session::lifetimes lifetimes_of(const context& ctx);

// The claims of a refresh token of ours that has not expired; whether its session lives, only Redis knows.
std::optional<token::refresh_claims> verified_refresh_token(const context& ctx, const secret& presented);

// For the audit trail; `session_id` empty: none.
account::source source_of(const context& ctx, std::string session_id);

// The refresh token comes out the same for the same head, byte for byte.
issued_tokens issue_tokens(const context& ctx, const account::user& user, const session::head& head);

// Where a browser would drop the access token, unasked and unsaid: a refusal, and a line in the log. nullopt: it keeps
// it.
std::optional<outcome> refuse_unkeepable(const context& ctx, const account::user& user, const issued_tokens& tokens);

// The values of the Set-Cookie headers that give them to a browser.
std::vector<std::string> session_cookies(const realm::settings& realm, const issued_tokens& tokens);

// Opens a session for a user who has just proved who they are, and answers with its tokens, or already_logged_in where
// the client's policy is single. `amr`: how (RFC 8176).
// nullopt: the user has changed since he was read; what was proved may not hold any more.
task<std::optional<outcome>> sign_in(context ctx, account::user user, std::string amr);

}  // namespace gatehouse::operation
