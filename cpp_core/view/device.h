// What a session was opened with, in words that its user knows.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse::view {

struct device {
  std::string browser;
  std::string system;
};

// "Firefox" and "Linux" of a User-Agent header, as far as it says so; of anything unknown its first word is the
// browser, in UTF-8 whatever was sent. What a client says of itself proves nothing.
device device_of(std::string_view user_agent);

}  // namespace gatehouse::view
