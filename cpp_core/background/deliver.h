// One mail out of a realm's outbox and on its way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/task.h"
#include "realm/services.h"

namespace gatehouse::operation {

// A mail that the server has accepted.
struct acceptance {
  std::int64_t id;
  std::string words;  // the server's
};

struct delivered {
  bool found = false;                      // a mail was due
  bool tried = false;                      // to send it, so that it is known how things are
  std::string trouble{};                   // with the mail server or our way to it: other mails would meet the same
  std::optional<acceptance> unrecorded{};  // the outbox does not know yet: record() it, before anything else
};

// `spread`: from 0 to 1, by which the time of another attempt varies. A mail that the server refuses has failed for
// good, one that it cannot take now is tried again after a minute, then after ever longer times up to an hour, 12 times
// and for a day at most. An error is PostgreSQL's.
task<result<delivered>> deliver_next(realm::services& realm, double spread);

// That a mail was sent: until the outbox has it, the mail is sent again when its lease ends.
task<result<delivered>> record(realm::services& realm, acceptance had);

}  // namespace gatehouse::operation
