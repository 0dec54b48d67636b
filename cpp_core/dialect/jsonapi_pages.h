// The browser's side of `jsonapi`: the page that the link of a recovery mail opens, and no other.
#pragma once

#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// A GET shows the form and changes nothing; what it posts chooses the password, as a JSON client does at the same path.
inline constexpr std::string_view jsonapi_reset = "web/profile";

extern const dialect jsonapi_pages;

}  // namespace gatehouse::dialect
