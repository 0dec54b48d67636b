// `pages`: the browser's side of `rest`. HTML out, urlencoded forms in, the session in the realm's two cookies.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect pages;

// The query of a GET, else an urlencoded body.
decoded pages_decode(const route& matched, std::string_view content_type, std::string_view body);

}  // namespace gatehouse::dialect
