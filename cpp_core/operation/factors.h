// The bearer's second factors and recovery codes. Whatever changes them needs current_password, however lately the
// login was, and is told by mail.
#pragma once

#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// The user as he is, once he has shown the password again; or what ends the operation.
using proof = std::variant<account::user, outcome>;
task<proof> prove_password(context ctx, input in);
// factor_made.
task<outcome> store_factor(context ctx, std::string user_id, account::new_factor fresh, account::source from);

// factor_list.
task<outcome> list_factors(context ctx, input in);

// totp_offer: a secret that is to be confirmed within ten minutes. `name`, if it has one already.
task<outcome> offer_totp_factor(context ctx, input in);
// By `code`: factor_made, with recovery codes if the user has none. `id`: of the offer; offer_lost: it is no more,
// after five tries too. bad_code: the app shows another one now.
task<outcome> confirm_totp_factor(context ctx, input in);

// The offer once more, for who has typed a wrong code of it; offer_lost.
task<outcome> look_at_offer(context ctx, input in);

// factor_changed; `id` must be one of the bearer's.
task<outcome> rename_factor(context ctx, input in);
// last_factor: the realm requires one.
task<outcome> remove_factor(context ctx, input in);

// recovery_codes_made, in place of those before.
task<outcome> make_recovery_codes(context ctx, input in);

}  // namespace gatehouse::operation
