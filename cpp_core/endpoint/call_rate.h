// How often one client may call a route, where its dialect says so (dialect::rate).
#pragma once

#include <optional>

#include "base/task.h"
#include "dialect/dialect.h"
#include "limit/limiter.h"
#include "step/context.h"

namespace gatehouse::endpoint {

struct rated {
  std::optional<operation::outcome> refused;  // too many, or nothing could be counted: the request ends here
  limit::verdict said;                        // its limit is 0: nobody counts
};

// Counts this call, before any work that it asks for.
task<rated> count_call(operation::context ctx, const dialect::dialect& spoken, const dialect::route& matched);

// X-RateLimit-Limit, X-RateLimit-Remaining, and X-RateLimit-Reset in seconds from now.
void add_rate_headers(const rated& call, dialect::response& answer);

}  // namespace gatehouse::endpoint
