// A token that a page shows in the body of a request: it belongs to the session, so another site's page cannot know it.
// Nothing is stored: it is the signature of the session id under the realm's refresh keys, an HMAC-SHA256 as 64
// hexadecimal digits.
#pragma once

#include <string>
#include <string_view>

#include "realm/settings.h"

namespace gatehouse::dialect {

// Signed with the key that signs now.
std::string session_csrf_token(const realm::settings& realm, std::string_view session_id);
// Verified with any key of the realm, so that a page that is open survives a new key. In constant time.
bool is_session_csrf_token(const realm::settings& realm, std::string_view session_id, std::string_view shown);

}  // namespace gatehouse::dialect
