// The status and the English text of every refusal, for the dialects that follow plain HTTP.
#pragma once

#include <string_view>

#include "operation/outcome.h"

namespace gatehouse::dialect {

struct refusal_row {
  operation::refusal why;
  int status;
  std::string_view name;     // of the enumerator: the key of its text in the pages' languages
  std::string_view message;  // in English
};

const refusal_row& row_of(operation::refusal why);
// The first row of a status; null: there is none.
const refusal_row* row_of_status(int status);

// When it is worth trying again; 0: whenever.
seconds retry_after(const operation::refused& no);

}  // namespace gatehouse::dialect
