// The pages of the dialect "bff", mounted at /iam/: templates and a script that talks to its API. They hold no session
// and know no user; the script asks.
#pragma once

#include "dialect/dialect.h"

namespace gatehouse::dialect {

extern const dialect bff_pages;

}  // namespace gatehouse::dialect
