// A request to an endpoint, from the first look at its path to the response.
#pragma once

#include <cstddef>

#include "base/task.h"
#include "dialect/dialect.h"
#include "endpoint/request.h"
#include "realm/services.h"

namespace gatehouse::endpoint {

constexpr std::size_t most_body_bytes = 32 * 1024;

task<dialect::response> handle(realm::services& realm, const dialect::dialect& spoken, request asked);

// What every response of ours carries, whatever it says: it is private, it may change, it is not to be sniffed.
void add_common_headers(dialect::response& answer);

}  // namespace gatehouse::endpoint
