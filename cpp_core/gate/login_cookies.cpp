#include "gate/login_cookies.h"

#include "gate/cookie.h"
#include "gate/set_cookie.h"

namespace gatehouse::gate {

namespace {

std::optional<secret> value_in(std::span<const std::string_view> headers, std::string_view name) {
  const found_cookie found = find_cookie(headers, name);
  const auto* value = std::get_if<std::string_view>(&found);
  if (value == nullptr) return std::nullopt;
  return secret(*value);
}

}  // namespace

login_cookies::login_cookies(std::string_view name, bool secure)
    : pending_(cookie_name(std::string(name) + "-login", secure)),
      browser_(cookie_name(std::string(name) + "-browser", secure)),
      secure_(secure) {}

std::string login_cookies::set_pending(const secret& token, seconds lifetime) const {
  return set_cookie({.name = pending_, .value = std::string(token.reveal()), .secure = secure_, .lifetime = lifetime});
}

std::string login_cookies::clear_pending() const { return clear_cookie({.name = pending_, .secure = secure_}); }

std::string login_cookies::set_browser(const std::string& value, seconds lifetime) const {
  return set_cookie({.name = browser_, .value = value, .secure = secure_, .lifetime = lifetime});
}

std::optional<secret> login_cookies::pending_in(std::span<const std::string_view> headers) const {
  return value_in(headers, pending_);
}

std::optional<secret> login_cookies::browser_in(std::span<const std::string_view> headers) const {
  return value_in(headers, browser_);
}

}  // namespace gatehouse::gate
