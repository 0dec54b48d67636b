// Sends the mails of a realm's outbox in the background: every worker in turn looks for one that is due, and some time
// within the next second when PostgreSQL tells of one; a mail is one worker's at a time (account/mail_queue.h). The
// wait is random, so that the sending does not show in the time that somebody's next request takes (REQUIREMENTS 52).
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>

#include "background/deliver.h"
#include "host/host.h"
#include "realm/services.h"

namespace gatehouse::operation {

class mailer {
 public:
  // Of a realm that sends mail. `number`: the worker's. Starts at once, destroy it before the services. A mail under
  // way ends by itself.
  mailer(realm::services& realm, unsigned number);
  ~mailer();
  mailer(const mailer&) = delete;
  mailer& operator=(const mailer&) = delete;

 private:
  void wake();
  void rest(millis at_least, millis at_most, bool background = true);
  void look();
  void begin(task<result<delivered>> work);
  void looked(result<delivered> outcome);
  void note(const std::string& trouble);
  double chance() { return std::uniform_real_distribution<double>(0, 1)(jitter_); }

  realm::services& realm_;
  timer timer_;
  std::minstd_rand jitter_;
  bool looking_ = false;
  bool again_ = false;         // woken meanwhile
  unsigned troubles_ = 0;      // in a row
  std::string trouble_;        // the last one; empty: it went well
  bool store_failed_ = false;  // PostgreSQL, the last time
  // Sent, and PostgreSQL does not know yet: nothing else is done before it has been told, lest somebody send it again.
  std::optional<acceptance> unrecorded_;
  steady_time goodbye_by_{};       // so long a worker that quits waits for that
  std::shared_ptr<mailer*> self_;  // reset by the destructor: a look that ends later finds nobody
};

}  // namespace gatehouse::operation
