// Cross-origin requests from the origins that the configuration allows (Fetch, "CORS protocol"). From any other origin
// no header is added, and the browser keeps the answer from the page.
#pragma once

#include "dialect/dialect.h"
#include "dialect/request.h"

namespace gatehouse::endpoint {

bool is_preflight(const dialect::request& asked);

// The answer to a preflight; `methods` are those of the route, comma-separated.
dialect::response answer_preflight(const dialect::request& asked, const dialect::dialect& spoken,
                                   const std::string& methods);

// With credentials only for an origin that is allowed by its name, and where the dialect has cookies.
void add_cors_headers(const dialect::request& asked, const dialect::dialect& spoken, dialect::response& answer);

}  // namespace gatehouse::endpoint
