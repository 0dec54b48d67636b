// The sessions of a realm as they are held against what ended them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"

namespace gatehouse::session {

struct counted {
  std::string sid;
  std::string user_id;
  std::int64_t auth_version = 0;
  unix_seconds created_at = 0;
  bool has_ended = false;  // this node has heard of its end
};

// Some of all sessions.
struct census {
  std::vector<counted> sessions;
  std::string next;  // where to go on; "0": that was all
};

}  // namespace gatehouse::session
