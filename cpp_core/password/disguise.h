// What a password may be a disguise of: password123, Password1! and p@ssw0rd are "password" to whoever guesses.
#pragma once

#include <string_view>
#include <vector>

#include "base/secret.h"

namespace gatehouse::password {

// The password itself, and it without the ASCII digits and punctuation before it, without some or all of those after
// it, and both, each also with the usual substitutions undone (@ for a, 0 for o …). What is cut off is no longer than
// what remains: a word and many random digits is not that word.
std::vector<secret> undisguised(std::string_view password);

}  // namespace gatehouse::password
