// `rest`: plain JSON, both tokens in the body.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect rest;

}  // namespace gatehouse::dialect
