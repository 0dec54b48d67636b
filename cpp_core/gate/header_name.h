// Which request headers may carry identity to the app, or a token to us.
#pragma once

#include <string_view>

#include "base/result.h"

namespace gatehouse::gate {

// Letters, digits, "-" and "_", and no name that nginx, Gatehouse or HTTP's own framing reads: a name that carries
// identity is reserved everywhere, so a client could no longer send it.
status check_identity_header(std::string_view name);

// gatehouse_token_from header=NAME: no name that nginx, Gatehouse or HTTP's own framing reads; the app would miss it.
status check_token_header(std::string_view name);

}  // namespace gatehouse::gate
