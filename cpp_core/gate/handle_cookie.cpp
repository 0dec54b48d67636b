#include "gate/handle_cookie.h"

#include <algorithm>

namespace gatehouse::gate {

bool is_handle(std::string_view text) {
  constexpr std::size_t digits = 32;
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

handle_cookie::handle_cookie(std::string_view name, bool secure)
    : cookie_{.name = std::string(name), .secure = secure, .cleared_by_date = true} {}

std::string handle_cookie::set(std::string_view handle, std::optional<seconds> lifetime) const {
  cookie said = cookie_;
  said.value = handle;
  said.lifetime = lifetime;
  return set_cookie(said);
}

std::string handle_cookie::clear() const { return clear_cookie(cookie_); }

}  // namespace gatehouse::gate
