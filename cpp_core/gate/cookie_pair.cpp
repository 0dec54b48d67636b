#include "gate/cookie_pair.h"

#include <algorithm>

#include "gate/cookie.h"

namespace gatehouse::gate {

cookie_pair::cookie_pair(std::string_view name, bool secure, std::string_view domain)
    : access_(cookie_name(name, secure, domain)),
      access_rest_(name_of_rest(access_)),
      refresh_(access_ + "-refresh"),
      secure_(secure),
      domain_(domain) {}

bool cookie_pair::clashes_with(const cookie_pair& other) const {
  const std::array<std::string_view, 3> own{access_, access_rest_, refresh_};
  const std::array<std::string_view, 3> others{other.access_, other.access_rest_, other.refresh_};
  return access_ != other.access_ && std::ranges::find_first_of(own, others) != own.end();
}

bool cookie_pair::fits(std::string_view token) const { return fits_cookies(access_, token); }

std::vector<std::string> cookie_pair::set_access(std::string_view token, std::optional<seconds> lifetime) const {
  const auto [begin, rest] = split_value(access_, token);
  std::vector<std::string> headers{set_cookie(of(access_, begin, lifetime))};
  if (!rest.empty()) headers.push_back(set_cookie(of(access_rest_, rest, lifetime)));
  return headers;
}

std::string cookie_pair::set_refresh(std::string_view token, std::optional<seconds> lifetime) const {
  return set_cookie(of(refresh_, token, lifetime));
}

std::string cookie_pair::clear_access_rest() const { return clear_cookie(of(access_rest_)); }

std::array<std::string, 2> cookie_pair::clear() const {
  return {clear_cookie(of(access_)), clear_cookie(of(refresh_))};
}

cookie cookie_pair::of(const std::string& name, std::string_view value, std::optional<seconds> lifetime) const {
  cookie said{.name = name, .value = std::string(value), .domain = domain_};
  said.secure = secure_;
  said.lifetime = lifetime;
  return said;
}

}  // namespace gatehouse::gate
