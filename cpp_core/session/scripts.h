// The Lua scripts of the session store. What each takes and gives is said at its source.
//
// Every time in them is Redis' own TIME: one clock for all nodes, so that "within the grace" and "expired" mean the
// same whichever node asks. A script runs alone, so what it reads stays true until it has written.
#pragma once

#include "redis/script.h"

namespace gatehouse::session::scripts {

extern const redis::script open;
extern const redis::script rotate;
extern const redis::script resume;
extern const redis::script raise;
extern const redis::script end;
extern const redis::script append;
extern const redis::script end_every;
extern const redis::script end_all;
extern const redis::script replace_user;
extern const redis::script list;
extern const redis::script read;
extern const redis::script offer;
extern const redis::script take;
extern const redis::script scan;
extern const redis::script count;
extern const redis::script begin_pending;
extern const redis::script look_at_pending;
extern const redis::script try_pending;

}  // namespace gatehouse::session::scripts
