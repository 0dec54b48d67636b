// Who has not proved who he is: recorded and counted in one place, whatever he tried it with (REQUIREMENTS 62).
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "base/task.h"
#include "step/context.h"

namespace gatehouse::operation {

// `user_id` empty: unknown. `detail`: why, with nothing that was typed. `session_id`: of who is logged in and was to
// show it again; empty: it was a login. A failure to record is logged, and changes nothing.
task<done> record_failed_proof(context ctx, std::string user_id, nlohmann::json detail, std::string session_id = {});

}  // namespace gatehouse::operation
