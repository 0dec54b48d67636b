// Which passwords a user may choose: long enough, not one that everybody tries first, not the user's own name. No rules
// of composition, no score, no expiry (REQUIREMENTS 45–48). For choosing only: a login never asks the policy.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "password/blocklist.h"
#include "password/parameters.h"

namespace gatehouse::password {

// Who chooses the password; empty where absent.
struct owner {
  std::string_view name;
  std::string_view email;
  std::string_view username;
};

enum class rule { utf8, too_short, too_long, blocked, own_name };

struct violation {
  rule broken;
  std::string text;  // for the user, after the field's name: "must have at least 8 characters"
};

// nullopt: the password may be chosen. It may not be, in any case of ASCII letters, an entry of `blocked`, however it
// is disguised (password/disguise.h), or the owner's whole name, whole username, whole e-mail or the part before its @.
std::optional<violation> check(const secret& password, const owner& chosen_by, const settings& rules,
                               const blocklist& blocked);

}  // namespace gatehouse::password
