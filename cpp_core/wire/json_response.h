#pragma once

#include <nlohmann/json.hpp>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Members come out in the order in which they were put in.
response json_response(int status, const nlohmann::ordered_json& body);

}  // namespace gatehouse::dialect
