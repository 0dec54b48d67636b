// Whom a change came from, for the audit trail. Bytes that are not printable ASCII are recorded as '?', and at most
// 512.
#pragma once

#include <string>

namespace gatehouse::account {

struct source {
  std::string address;
  std::string user_agent;
  std::string session_id;  // empty: none
};

}  // namespace gatehouse::account
