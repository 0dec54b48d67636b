// Which request headers may carry identity to the app.
#pragma once

#include <string_view>

#include "base/result.h"

namespace gatehouse::gate {

// A token (RFC 9110 §5.6.2), and none that nginx or HTTP's own framing reads: those are reserved everywhere once they
// carry identity, so a client could no longer send them.
status check_identity_header(std::string_view name);

}  // namespace gatehouse::gate
