// The two cookies of a realm in a browser (REQUIREMENTS 39): the access token, and the refresh token that renews it.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse::gate {

class cookie_pair {
 public:
  // `name`: the directive cookie. `secure`: over HTTPS only, under the __Host- prefix; off is for plain HTTP.
  cookie_pair(std::string_view name, bool secure);

  const std::string& access() const { return access_; }
  const std::string& refresh() const { return refresh_; }

  // The value of a Set-Cookie header; `lifetime` is what is left of the token's; nullopt: until the browser is
  // closed.
  std::string set_access(std::string_view token, std::optional<seconds> lifetime) const {
    return set(access_, token, lifetime);
  }
  std::string set_refresh(std::string_view token, std::optional<seconds> lifetime) const {
    return set(refresh_, token, lifetime);
  }
  // Those that take both away.
  std::array<std::string, 2> clear() const { return {set(access_, "", seconds(0)), set(refresh_, "", seconds(0))}; }

 private:
  std::string set(std::string_view name, std::string_view value, std::optional<seconds> lifetime) const;

  std::string access_;
  std::string refresh_;
  bool secure_;
};

}  // namespace gatehouse::gate
