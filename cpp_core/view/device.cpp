#include "view/device.h"

#include <array>

#include "base/text.h"

namespace gatehouse::view {

namespace {

struct sign {
  std::string_view token;  // in the header
  std::string_view name;
};

// Browsers name those they descend from too: the youngest goes first.
constexpr std::array browsers{
    sign{"Edg", "Edge"},        sign{"OPR/", "Opera"},        sign{"SamsungBrowser", "Samsung Internet"},
    sign{"Vivaldi", "Vivaldi"}, sign{"Firefox", "Firefox"},   sign{"FxiOS", "Firefox"},
    sign{"CriOS", "Chrome"},    sign{"Chromium", "Chromium"}, sign{"Chrome", "Chrome"},
    sign{"Safari", "Safari"},
};

constexpr std::array systems{
    sign{"Android", "Android"}, sign{"iPhone", "iPhone"}, sign{"iPad", "iPad"},   sign{"Windows", "Windows"},
    sign{"Mac OS X", "macOS"},  sign{"CrOS", "ChromeOS"}, sign{"Linux", "Linux"},
};

template <std::size_t N>
std::string_view first_of(const std::array<sign, N>& signs, std::string_view text) {
  for (const sign& each : signs) {
    if (text.find(each.token) != std::string_view::npos) return each.name;
  }
  return {};
}

}  // namespace

device device_of(std::string_view user_agent) {
  device known{std::string(first_of(browsers, user_agent)), std::string(first_of(systems, user_agent))};
  if (known.browser.empty() && known.system.empty()) {
    known.browser = one_line(user_agent.substr(0, user_agent.find_first_of(" /(")));
  }
  return known;
}

}  // namespace gatehouse::view
