// A session in a browser: both tokens in the realm's two cookies.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

presented find_token_cookies(const request& asked, const realm::settings& realm);

// Clears the second cookie of a long access token, if the browser has sent one.
void clear_token_rest(const exchange& about, response& answer);

void set_token_cookies(const exchange& about, const operation::issued_tokens& tokens, response& answer);

}  // namespace gatehouse::dialect
