// A cookie that stands for a session without being a token: an opaque handle, 32 hexadecimal digits, of which Redis
// knows a hash (the dialect `form`). Whoever shows it alone is logged in as by a refresh cookie.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gate/set_cookie.h"

namespace gatehouse::gate {

// Of its form; an application's own cookie of the same name is not.
bool is_handle(std::string_view text);

class handle_cookie {
 public:
  // `secure`: over HTTPS only.
  handle_cookie(std::string_view name, bool secure);

  const std::string& name() const { return cookie_.name; }

  // The value of a Set-Cookie header; nullopt: until the browser is closed.
  std::string set(std::string_view handle, std::optional<seconds> lifetime) const;
  std::string clear() const;

 private:
  cookie cookie_;  // without a value
};

}  // namespace gatehouse::gate
