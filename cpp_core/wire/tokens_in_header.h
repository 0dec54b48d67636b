// An access token in the Authorization header (RFC 6750 §2.1); the refresh token is the body's affair.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

presented find_bearer_token(const request& asked, const realm::settings& realm);

}  // namespace gatehouse::dialect
