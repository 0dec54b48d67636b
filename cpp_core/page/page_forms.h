// What the forms of the templates in pages/ send, and the operation of a page that only shows something: for every
// dialect that has such pages.
#pragma once

#include <array>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

inline constexpr std::array return_fields{
    field{"return", &operation::input::return_address, false},
};
// Where a session shows what a location asks for beside it.
inline constexpr std::array wanted_fields{
    field{"acr_values", &operation::input::acr_values, false},
    field{"max_age", &operation::input::max_age, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array step_up_form{
    field{"current_password", &operation::input::current_password, false},
    field{"code", &operation::input::code, false},
    field{"credential_id", &operation::input::credential_id, false},
    field{"client_data", &operation::input::client_data, false},
    field{"authenticator_data", &operation::input::authenticator_data, false},
    field{"signature", &operation::input::signature, false},
    field{"acr_values", &operation::input::acr_values, false},
    field{"max_age", &operation::input::max_age, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array login_form{
    field{"email", &operation::input::email, true},
    field{"password", &operation::input::password, true},
    field{"remember", &operation::input::remember, false},
    field{"remember_asked", &operation::input::remember_asked, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array challenge_form{
    field{"code", &operation::input::code, false},
    field{"credential_id", &operation::input::credential_id, false},
    field{"client_data", &operation::input::client_data, false},
    field{"authenticator_data", &operation::input::authenticator_data, false},
    field{"signature", &operation::input::signature, false},
    field{"remember_browser", &operation::input::remember_browser, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array register_form{
    field{"name", &operation::input::name, true},
    field{"email", &operation::input::email, true},
    field{"password", &operation::input::password, true},
    field{"remember", &operation::input::remember, false},
    field{"remember_asked", &operation::input::remember_asked, false},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array address_form{
    field{"email", &operation::input::email, true},
    field{"return", &operation::input::return_address, false},
};
inline constexpr std::array link_form{
    field{"token", &operation::input::link_token, true},
};
inline constexpr std::array reset_form{
    field{"token", &operation::input::link_token, true},
    field{"password", &operation::input::password, true},
};

inline task<operation::outcome> show_page(operation::context, operation::input) { co_return operation::blank(); }

}  // namespace gatehouse::dialect
