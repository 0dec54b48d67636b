// What a browser's session is like that was opened on the pages: at the login host, and at every host that it goes to
// from there.
#pragma once

#include "step/context.h"

namespace gatehouse::dialect {

inline nlohmann::json browser_claims(const account::user& user) { return {{"email", user.email}, {"name", user.name}}; }

inline constexpr operation::client browser_client{.name = "pages",
                                                  .policy = session::policy::rotating,
                                                  .access_lifetime = seconds(3600),
                                                  .refresh_lifetime = seconds(30 * 24 * 3600),
                                                  .claims = browser_claims,
                                                  .has_pages = true,
                                                  .keeps_tokens_in_cookies = true,
                                                  .keeps_unasked = false,
                                                  .answers_challenges = true};

}  // namespace gatehouse::dialect
