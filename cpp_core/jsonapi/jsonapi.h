// `jsonapi`: a JSON:API envelope, the refresh token in a cookie. For clients of AuthCompanion.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect jsonapi;

}  // namespace gatehouse::dialect
