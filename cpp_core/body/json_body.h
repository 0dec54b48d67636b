// A flat JSON object as the body of a request, read by the route's field table.
#pragma once

#include <string_view>
#include <variant>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// application/json, with any parameters (RFC 8259 §11).
bool is_json(std::string_view content_type);

// Members that the table does not name are ignored. Every field is a string, or an object or a boolean where the input
// wants one.
decoded decode_json(const route& matched, std::string_view content_type, std::string_view body);

}  // namespace gatehouse::dialect
