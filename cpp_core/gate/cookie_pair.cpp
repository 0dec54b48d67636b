#include "gate/cookie_pair.h"

#include <algorithm>

#include "gate/cookie.h"

namespace gatehouse::gate {

cookie_pair::cookie_pair(std::string_view name, bool secure, std::string_view domain)
    : access_((secure && domain.empty() ? "__Host-" : "") + std::string(name)),
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
  std::vector<std::string> headers{set(access_, begin, lifetime)};
  if (!rest.empty()) headers.push_back(set(access_rest_, rest, lifetime));
  return headers;
}

std::string cookie_pair::set(std::string_view name, std::string_view value, std::optional<seconds> lifetime) const {
  std::string header(name);
  header.append("=").append(value).append("; Path=/");
  if (!domain_.empty()) header.append("; Domain=").append(domain_);
  if (lifetime) header.append("; Max-Age=").append(std::to_string(lifetime->count()));
  header.append(secure_ ? "; Secure; HttpOnly; SameSite=Lax" : "; HttpOnly; SameSite=Lax");
  return header;
}

}  // namespace gatehouse::gate
