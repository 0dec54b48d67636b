// What the Lua scripts of the session store share: functions that stand before the source of each.
#pragma once

#include "redis/script.h"

namespace gatehouse::session::scripts {

redis::script with_prelude(const char* source);

}  // namespace gatehouse::session::scripts
