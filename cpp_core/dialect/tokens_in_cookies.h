// A session in a browser: both tokens in the realm's two cookies.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

presented find_token_cookies(const request& asked, const realm::settings& realm);

void set_token_cookies(const exchange& about, const operation::issued_tokens& tokens, response& answer);

}  // namespace gatehouse::dialect
