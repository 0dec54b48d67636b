// What limit_mails says of a mail that is ready to be sent. Its `all` is asked here and not where mails are asked for,
// so that it counts what is really sent, and a mail that is one too many waits. Notices, which nobody asks for, have
// their `account` here.
#pragma once

#include <string>

#include "account/mail_queue.h"
#include "base/task.h"
#include "limit/limiter.h"
#include "realm/services.h"

namespace gatehouse::operation {

struct mail_allowance {
  enum class verdict {
    send,
    wait,       // for `delay`, or until an operator acts; `words` say how
    leave_out,  // the user has been told so often already
  };
  verdict what = verdict::send;
  limit::receipt counted{};  // to be given back unless the mail was sent
  seconds delay{0};
  std::string words{};
};

// Without Redis, send: what waits in the outbox was counted when it was asked for.
task<mail_allowance> allow_mail(realm::services& realm, account::queued_mail mail);

}  // namespace gatehouse::operation
