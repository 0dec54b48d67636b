// Sends the mails of a realm's outbox in the background: every worker in turn looks for one that is due, and some time
// within the next second when PostgreSQL tells of one; a mail is one worker's at a time (account/mail_queue.h). The
// wait is random, so that the sending does not show in the time that somebody's next request takes (REQUIREMENTS 52).
#pragma once

#include <optional>

#include "background/deliver.h"
#include "background/loop.h"
#include "realm/services.h"

namespace gatehouse::operation {

class mailer {
 public:
  // Of a realm that sends mail. `number`: the worker's. Starts at once, destroy it before the services. A mail under
  // way ends by itself.
  mailer(realm::services& realm, unsigned number);

 private:
  void wake();
  task<result<delivered>> look();
  rest looked(result<delivered> outcome, bool woken);
  void learn(const result<delivered>& outcome);

  realm::services& realm_;
  loop<delivered> loop_;
  trouble_log log_;
  unsigned troubles_ = 0;      // in a row
  bool store_failed_ = false;  // PostgreSQL, the last time
  // Sent, and PostgreSQL does not know yet: nothing else is done before it has been told, lest somebody send it again.
  std::optional<acceptance> unrecorded_;
  steady_time goodbye_by_{};  // so long a worker that quits waits for that
};

}  // namespace gatehouse::operation
