// The two cookies of a realm in a browser (REQUIREMENTS 39): the access token, and the refresh token that renews it.
// What one cookie cannot hold of the former is in a third (cookie.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gate/set_cookie.h"

namespace gatehouse::gate {

class cookie_pair {
 public:
  // `name`: the directive cookie. `secure`: over HTTPS only, under the __Host- prefix; off is for plain HTTP. `domain`:
  // the cookies are those of every host below it, and have no prefix; empty: of one host.
  cookie_pair(std::string_view name, bool secure, std::string_view domain = {});

  // Of the same names, for one host.
  cookie_pair of_one_host() const {
    cookie_pair own = *this;
    own.domain_.clear();
    return own;
  }

  const std::string& access() const { return access_; }
  const std::string& refresh() const { return refresh_; }

  const std::string& access_rest() const { return access_rest_; }

  // Is a cookie of one pair another cookie of the other? Realms with the same pair are for different hosts.
  bool clashes_with(const cookie_pair& other) const;

  // May the access token be given to a browser at all?
  bool fits(std::string_view token) const;
  // The values of Set-Cookie headers; `lifetime` is what is left of the token's; nullopt: until the browser is closed.
  std::vector<std::string> set_access(std::string_view token, std::optional<seconds> lifetime) const;
  std::string set_refresh(std::string_view token, std::optional<seconds> lifetime) const;
  // That takes away what an access token before needed.
  std::string clear_access_rest() const;
  // Those that take both away: the access token's, the refresh token's.
  std::array<std::string, 2> clear() const;

 private:
  cookie of(const std::string& name, std::string_view value = {}, std::optional<seconds> lifetime = {}) const;

  std::string access_;
  std::string access_rest_;
  std::string refresh_;
  bool secure_;
  std::string domain_;
};

}  // namespace gatehouse::gate
