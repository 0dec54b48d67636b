// What the operations with links have in common.
#pragma once

#include <string>

#include "account/email.h"
#include "account/links.h"
#include "base/task.h"
#include "operation/context.h"
#include "operation/throttle.h"

namespace gatehouse::operation {

// Orders a mail with a link for the user of this e-mail: mail_sent, alike if there is none; or too_many_requests.
// `event`: of the audit trail.
task<outcome> request_link(context ctx, account::email address, mail_wish what, std::string event);

// The refusal for a link that is no good, which the audit trail has too.
task<outcome> refuse_link(context ctx, account::dead_link why);

}  // namespace gatehouse::operation
