// A token that a page shows in the body of a request: it belongs to the session, so another site's page cannot know it.
// Nothing is stored: HMAC-SHA256 of the session id, by a key made of the realm's first refresh key.
#pragma once

#include <string>
#include <string_view>

#include "realm/settings.h"

namespace gatehouse::dialect {

std::string session_csrf_token(const realm::settings& realm, std::string_view session_id);
// In constant time.
bool is_session_csrf_token(const realm::settings& realm, std::string_view session_id, std::string_view shown);

}  // namespace gatehouse::dialect
