#include "gate/handle_cookie.h"

#include <algorithm>

namespace gatehouse::gate {

bool is_handle(std::string_view text) {
  constexpr std::size_t digits = 32;
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

handle_cookie::handle_cookie(std::string_view name, bool secure)
    : name_(name),
      attributes_(secure ? "; Path=/; HttpOnly; Secure; SameSite=Lax" : "; Path=/; HttpOnly; SameSite=Lax") {}

std::string handle_cookie::set(std::string_view handle, std::optional<seconds> lifetime) const {
  std::string header = name_ + "=";
  header.append(handle).append(attributes_);
  if (lifetime) header.append("; Max-Age=").append(std::to_string(lifetime->count()));
  return header;
}

std::string handle_cookie::clear() const {
  return name_ + "=" + attributes_ + "; Expires=Thu, 01 Jan 1970 00:00:00 GMT";
}

}  // namespace gatehouse::gate
