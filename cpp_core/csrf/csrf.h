// `csrf`: plain JSON or forms, usernames, a double-submit token in every request that changes anything, one login at a
// time, a refresh token that stays.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect csrf;

}  // namespace gatehouse::dialect
