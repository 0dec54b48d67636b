// The dialect "form" (docs/dialects.md): HTML forms and multipart bodies, a cookie that is an opaque handle; text for
// curl, redirects for browsers.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect form;

}  // namespace gatehouse::dialect
