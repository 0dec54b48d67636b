// "App passwords": the tokens that a user makes for clients that are no browser. All need the bearer, who is a session:
// no endpoint takes such a token, so none can make another.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::operation {

task<outcome> list_user_tokens(context ctx, input in);

// Of `name`, with `scopes` and `networks` (words, apart by spaces) and `expires` (a day, YYYY-MM-DD, UTC). After a
// recent login, or with current_password. The user is written to.
task<outcome> create_user_token(context ctx, input in);

// `id`: of one of the user's own.
task<outcome> rename_user_token(context ctx, input in);
task<outcome> end_user_token(context ctx, input in);

// The same for the tokens of `user_id`, by who has the role "admin"; to anyone else they answer forbidden. An
// administrator makes tokens of service accounts only: with one of a user he could be him.
task<outcome> list_tokens_of_user(context ctx, input in);
task<outcome> create_token_of_service(context ctx, input in);
task<outcome> end_token_of_user(context ctx, input in);

}  // namespace gatehouse::operation
