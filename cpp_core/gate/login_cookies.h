// Two cookies of the login host beside those of a session: the token of a login that waits for its second step, and
// what says that this browser has shown a second factor before (remembered_browser.h).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/secret.h"

namespace gatehouse::gate {

class login_cookies {
 public:
  // `name`: the directive cookie. `secure`: over HTTPS only, under the __Host- prefix.
  login_cookies(std::string_view name, bool secure);

  const std::string& pending() const { return pending_; }
  const std::string& browser() const { return browser_; }

  // The values of Set-Cookie headers.
  std::string set_pending(const secret& token, seconds lifetime) const;
  std::string clear_pending() const;
  std::string set_browser(const std::string& value, seconds lifetime) const;

  // What the browser has shown; nullopt: nothing, or several.
  std::optional<secret> pending_in(std::span<const std::string_view> headers) const;
  std::optional<secret> browser_in(std::span<const std::string_view> headers) const;

 private:
  std::string pending_;
  std::string browser_;
  bool secure_;
};

}  // namespace gatehouse::gate
