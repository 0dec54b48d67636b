// The browser's side of dialects whose clients are programs: what the links in their mails open, and no more. A GET
// shows a form and changes nothing; what it posts does.
#pragma once

#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Chooses a password, as a JSON client does at the same path.
inline constexpr std::string_view jsonapi_reset = "web/profile";
inline constexpr std::string_view jsonapi_verify = "web/verify";
inline constexpr std::string_view csrf_verify = "auth/verify";

extern const dialect jsonapi_pages;
extern const dialect csrf_pages;

}  // namespace gatehouse::dialect
