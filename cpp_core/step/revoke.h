// From a change of an account in PostgreSQL to its sessions in Redis. The change left a row in the outbox; the one who
// made it carries it out at once, and the sweeper whatever was left undone by a crash or an outage.
#pragma once

#include "account/store.h"
#include "base/task.h"
#include "step/context.h"

namespace gatehouse::operation {

// Brings the user's sessions in line and strikes the row off. A failure is for the caller to log: the sweeper repeats
// it.
task<status> revoke(realm::services& realm, account::revocation due);

// The same as part of an operation whose change is made already: a failure is logged and left to the sweeper.
task<done> revoke_or_leave(context ctx, account::revocation due);

// One pass over the outbox of a realm. How many rows it carried out. A row that fails does not hold up the others; its
// failure is that of the pass.
task<result<std::size_t>> sweep_outbox(realm::services& realm);

}  // namespace gatehouse::operation
