// What an administrator may do to the users of the realm and to their sessions, and what a user may do to himself in
// the same words.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// All of them need the bearer. An administrator has the role "admin"; to anyone else, or where the user in `id` is
// another than himself, they answer forbidden.

// `skip` and `take` (50, at most 200) users, the oldest account first: user_list. Administrators only.
task<outcome> list_users(context ctx, input in);

// The `page` of `take` (10, at most 200) users each, of those with `part` in their e-mail if it is there; with how many
// they are in all. user_list. Administrators only.
task<outcome> list_page_of_users(context ctx, input in);

// Makes an account of name, email, password, and metadata if it is there, whoever may register; held against the same
// rules. Nobody is signed in: profile. `is_active` false: nobody can log in to it yet. Where the realm verifies
// e-mails, a mail asks to. email_taken says that there is one. Administrators only.
task<outcome> create_user(context ctx, input in);

// The user in `id`: profile.
task<outcome> show_user(context ctx, input in);

// Any of name, is_admin, is_active, is_verified, email, password, metadata; all but the name are an administrator's to
// change, though a user may repeat what is so of the first four. Answers profile. A user who is deactivated or has a
// new password is logged out; one whose role or e-mail counts for something else now gets new access tokens
// (REQUIREMENTS 36). An e-mail and a password make somebody else the owner of the account, so they take a recent login;
// the user is told of either by mail.
task<outcome> change_user(context ctx, input in);

// Answers account_removed.
task<outcome> remove_user(context ctx, input in);

// Of all users; at most 1000. session_list. Administrators only, as for the next two.
task<outcome> list_every_session(context ctx, input in);
// That in `id`.
task<outcome> end_any_session(context ctx, input in);
task<outcome> end_every_session(context ctx, input in);

}  // namespace gatehouse::operation
