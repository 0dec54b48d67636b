// Where clients of the dialect "bff" have their tokens: an app in headers of its own, a browser in cookies of the same
// names, as the header client-platform says.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

inline constexpr std::array<std::string_view, 4> bff_cookies{"iam-access-token", "iam-refresh-token", "iam-sid",
                                                             "iam-access-token-2"};

enum class platform { app, browser, browser_dev };

// nullopt: the header is missing, twice there, or another word.
std::optional<platform> platform_of(const request& asked);

presented find_bff_tokens(const request& asked, const realm::settings& realm);

enum class shown_refresh { none, malformed, token };
// What is shown for a refresh token: only what begins with "Bearer" is one.
shown_refresh refresh_token_shown(const request& asked);

void set_bff_tokens(const exchange& about, const operation::issued_tokens& tokens, response& answer);
// From a browser; an app forgets them by itself.
void clear_bff_tokens(const exchange& about, response& answer);

}  // namespace gatehouse::dialect
