// application/x-www-form-urlencoded, as browsers send it (WHATWG URL, "urlencoded parsing"), read by the route's field
// table.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// With any parameters.
bool is_urlencoded(std::string_view content_type);

// '+' is a space; a '%' must be followed by two hexadecimal digits. nullopt: it is not, or the result is not UTF-8 or
// holds a NUL.
std::optional<std::string> percent_decode(std::string_view text);

// A field that comes twice is refused, as a duplicate member of JSON is; names that the table does not have are
// ignored. A field sent empty is absent: a browser sends every field of a form.
decoded decode_form(const route& matched, std::string_view content_type, std::string_view body);

// A query: what cannot be read, or comes again, is as if it were not there. Links are changed on their way, and
// whatever else is in them is none of ours.
decoded decode_query(const route& matched, std::string_view query);

}  // namespace gatehouse::dialect
