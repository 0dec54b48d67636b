// Set-Cookie for the cookies that a contract names (RFC 6265 §4.1). The realm's own pair is the gate's (cookie_pair.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse::dialect {

struct cookie {
  std::string_view name;
  std::string_view value;
  bool http_only = true;
  bool secure = true;
  std::string_view same_site = "Lax";
  std::optional<seconds> lifetime = std::nullopt;  // nullopt: as long as the browser is open
};

// The value of the header.
std::string set_cookie(const cookie& said);

}  // namespace gatehouse::dialect
