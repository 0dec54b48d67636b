// `pages`: the browser's side of `rest`. HTML out, urlencoded forms in, the session in the realm's two cookies.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect pages;

}  // namespace gatehouse::dialect
