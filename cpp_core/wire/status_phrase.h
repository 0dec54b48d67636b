#pragma once

#include <string_view>

namespace gatehouse::dialect {

// The reason phrase of a status that a dialect may answer with, as Node's http.STATUS_CODES has them, which is what the
// clients of several dialects know. Of any other its class in general.
std::string_view status_phrase(int status);

}  // namespace gatehouse::dialect
