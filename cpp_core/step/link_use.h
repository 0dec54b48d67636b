// What the operations with links have in common.
#pragma once

#include <string>
#include <variant>

#include "account/email.h"
#include "account/links.h"
#include "base/task.h"
#include "step/context.h"
#include "step/throttle.h"

namespace gatehouse::operation {

// Orders a mail with a link for the user of this e-mail: mail_sent, alike if there is none; or too_many_requests.
// `event`: of the audit trail.
task<outcome> request_link(context ctx, account::email address, mail_wish what, std::string event);

// Whose link it is, or what ends the operation. A token that is no good counts (limit_tokens).
using link_holder = std::variant<account::user, outcome>;
task<link_holder> find_link_holder(context ctx, secret token, bool for_reset);

// For the page that a link opens: blank if in.link_token is good, which stays as it is.
task<outcome> look_at_reset_link(context ctx, input in);
task<outcome> look_at_verification_link(context ctx, input in);

// The refusal for a link that is no good, which the audit trail has too.
task<outcome> refuse_link(context ctx, account::dead_link why);

}  // namespace gatehouse::operation
