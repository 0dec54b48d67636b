// Tokens that a user makes for a client that is no browser: "gth_", 256 random bits in base64url (43 characters), and
// the CRC-32 of all before it in base64url (6), so that a scanner of leaked secrets, and the guard, can tell one from
// other text without asking anybody.
#pragma once

#include <string>
#include <string_view>

#include "base/secret.h"

namespace gatehouse::gate {

inline constexpr std::string_view user_token_prefix = "gth_";

secret make_user_token();

// Is it meant as one?
inline bool begins_as_user_token(std::string_view text) { return text.starts_with(user_token_prefix); }
// Could it be one?
bool is_user_token(std::string_view text);

}  // namespace gatehouse::gate
