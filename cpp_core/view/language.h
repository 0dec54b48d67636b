// Which language a browser's user reads best.
#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace gatehouse::view {

// The one of `known` (lower case) that an Accept-Language header (RFC 9110, 12.5.4) prefers, by the lookup of RFC 4647,
// 3.4: "de-CH" is content with "de". nullopt: it wants none of them.
std::optional<std::string_view> choose_language(std::string_view accept_language,
                                                std::span<const std::string_view> known);

}  // namespace gatehouse::view
