// A user as the dialect "bff" shows him, and as it takes a change of him.
#pragma once

#include <nlohmann/json.hpp>

#include "account/user.h"
#include "step/input.h"

namespace gatehouse::dialect {

// He may administrate the realm.
bool is_bff_admin(const account::user& user);

// Without csrf_token.
nlohmann::ordered_json bff_user(const account::user& user);

// As good as none: a user must have a first name.
bool has_empty_first_name(const operation::input& in);

// Makes the name of its two parts; one that is absent stays as it is `now`.
void join_names(operation::input& in, const account::user& now);

}  // namespace gatehouse::dialect
