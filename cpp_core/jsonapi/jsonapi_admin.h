// The administration of users in the dialect "jsonapi": below admin/, by whoever has the role "admin" and has logged in
// there. Its sessions are of a client of its own: what opens the one side opens nothing at the other.
#pragma once

#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

inline constexpr std::string_view jsonapi_admin_login = "admin/login";
inline constexpr std::string_view jsonapi_admin_refresh = "admin/refresh";
inline constexpr std::string_view jsonapi_admin_users = "admin/users";
inline constexpr std::string_view jsonapi_admin_user = "admin/users/:id";

bool is_jsonapi_administration(const route& matched);

// The operations of its routes. The first three need no bearer; to the others who shows one of another login than
// admin/login is forbidden.
task<operation::outcome> log_in_administrator(operation::context ctx, operation::input in);
task<operation::outcome> refresh_administrator(operation::context ctx, operation::input in);
task<operation::outcome> log_out_administrator(operation::context ctx, operation::input in);
task<operation::outcome> list_jsonapi_users(operation::context ctx, operation::input in);
task<operation::outcome> create_jsonapi_user(operation::context ctx, operation::input in);
task<operation::outcome> change_jsonapi_user(operation::context ctx, operation::input in);
task<operation::outcome> remove_jsonapi_user(operation::context ctx, operation::input in);

// What their successes are answered with.
response show_jsonapi_user(const exchange& about, const account::user& user);
response show_jsonapi_users(const exchange& about, const operation::user_list& page);

}  // namespace gatehouse::dialect
