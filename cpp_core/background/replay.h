// Redis may have forgotten that sessions ended: it was restarted from an older snapshot, or a replica took its place.
// What has come back is ended again.
#pragma once

#include <cstddef>

#include "base/task.h"
#include "realm/services.h"

namespace gatehouse::operation {

// Holds every session of the realm against this node's table and against PostgreSQL: logouts in the audit trail, users
// that are gone, disabled, or have had another password since. How many it ended.
task<result<std::size_t>> end_what_had_ended(realm::services& realm);

}  // namespace gatehouse::operation
