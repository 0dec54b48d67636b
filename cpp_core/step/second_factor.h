// The second step of a login. Who has shown the password of an account with a second factor is not signed in yet, but
// challenged. Nobody learns without the password whether there is one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "account/user.h"
#include "base/secret.h"
#include "base/task.h"
#include "step/context.h"
#include "step/passkey.h"

namespace gatehouse::operation {

// What amr says after which steps (RFC 8176), words apart by spaces.
inline constexpr std::string_view amr_password = "pwd";
inline constexpr std::string_view amr_password_and_code = "pwd otp mfa";

// After the first step, a password: signed_in; or a challenge, as the realm's mfa and the user's factors have it; or
// second_factor_needed where the client knows none. `browser`: what shows that a factor was shown in it before, if it
// is remembered. nullopt as in sign_in().
task<std::optional<outcome>> enter(context ctx, account::user user, bool persistent, std::optional<secret> browser);

// What a passkey is asked that is to answer for the login that waits.
passkey_question question_of(const secret& pending_token);

// Is it a code of one of the user's apps, or one of his recovery codes, which was not used before? From now on it was.
// nullopt: yes; else bad_code, or our failure. A wrong one is recorded like a wrong password (REQUIREMENTS 62); it is
// for the caller to count it (admit_code()). `session_id`: of who is logged in already; empty: nobody is.
task<std::optional<outcome>> check_code(context ctx, std::string user_id, secret code, std::string session_id);
// Was a code, or a passkey, shown and wrong? Nothing else counts in the limits.
bool was_wrong_factor(const outcome& result);
// The record of a wrong one, and the refusal.
task<outcome> refuse_code(context ctx, std::string user_id, std::string session_id);

}  // namespace gatehouse::operation
