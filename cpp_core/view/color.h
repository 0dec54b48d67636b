// The one colour that an operator chooses for his pages.
#pragma once

#include <string_view>

namespace gatehouse::view {

bool is_color(std::string_view text);  // "#rrggbb", in any case

// Text on this colour, a valid one: "#000000" or "#ffffff", whichever has more contrast (WCAG 2.2, "relative
// luminance"); it is at least 4.5 for every colour.
std::string_view text_color_on(std::string_view color);

}  // namespace gatehouse::view
