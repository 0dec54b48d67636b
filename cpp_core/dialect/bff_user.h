// A user as the dialect "bff" shows him, and as it takes a change of him.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "account/user.h"
#include "operation/input.h"

namespace gatehouse::dialect {

// Without csrf_token.
nlohmann::ordered_json bff_user(const account::user& user);

// The name made of its two parts; what is absent stays as it is in `now`, which is split at its last space.
std::string joined_name(const operation::input& in, const std::string& now);

}  // namespace gatehouse::dialect
