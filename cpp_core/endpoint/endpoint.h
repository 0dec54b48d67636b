// A request to an endpoint, from the first look at its path to the response.
#pragma once

#include <cstddef>

#include "base/task.h"
#include "dialect/dialect.h"
#include "dialect/request.h"
#include "realm/services.h"

namespace gatehouse::endpoint {

constexpr std::size_t most_body_bytes = 32 * 1024;

task<dialect::response> respond(realm::services& realm, const dialect::dialect& spoken, dialect::request asked);

// The answer to a request that ends with a status that nginx chose, or that could not be handled.
dialect::response answer_status(const realm::settings& realm, const dialect::dialect& spoken,
                                const dialect::request& asked, int status);

}  // namespace gatehouse::endpoint
