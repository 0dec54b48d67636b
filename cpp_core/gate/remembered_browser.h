// A browser in which a user has shown the second factor, and which is not asked for it again for a while: what its
// cookie says, authenticated with the realm's refresh keys. It is worth nothing without the user's password, nor after
// a change of that or of a factor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "token/key_set.h"

namespace gatehouse::gate {

struct remembered_browser {
  std::string_view realm;
  std::string_view user_id;
  std::int64_t factor_version = 0;  // account::factor_standing::version
};

// The value of the cookie; it is good until `ends_at`.
std::string remember_browser(const token::key_set& keys, const remembered_browser& what, unix_seconds ends_at);

// Was it made so, and has it not ended?
bool is_remembered(const token::key_set& keys, const remembered_browser& what, std::string_view value,
                   unix_seconds now);

}  // namespace gatehouse::gate
