#include "gate/origin.h"

#include <algorithm>
#include <charconv>

namespace gatehouse::gate {

namespace {

bool is_host_character(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.'; }

bool is_host(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) {  // an IPv6 literal
    host = host.substr(1, host.size() - 2);
    return !host.empty() && std::ranges::all_of(host, [](char c) {
      return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9') || c == ':' || c == '.';
    });
  }
  return !host.empty() && host.front() != '.' && host.front() != '-' && std::ranges::all_of(host, is_host_character);
}

bool is_port(std::string_view port, unsigned default_port) {
  unsigned number = 0;
  const auto [end, problem] = std::from_chars(port.data(), port.data() + port.size(), number);
  return problem == std::errc() && end == port.data() + port.size() && !port.starts_with('0') && number <= 65535 &&
         number != default_port;
}

}  // namespace

bool is_origin(std::string_view text) {
  constexpr std::string_view https = "https://";
  constexpr std::string_view http = "http://";
  const bool secure = text.starts_with(https);
  if (!secure && !text.starts_with(http)) return false;
  text.remove_prefix(secure ? https.size() : http.size());

  const std::size_t colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && text.find(']', colon) == std::string_view::npos;
  if (!has_port) return is_host(text);
  return is_host(text.substr(0, colon)) && is_port(text.substr(colon + 1), secure ? 443 : 80);
}

}  // namespace gatehouse::gate
