// The dialect "bff" (docs/dialects.md): JSON whose failures are HTTP 200, tokens in headers or cookies by the header
// client-platform, the administration of users and sessions.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect bff;

}  // namespace gatehouse::dialect
