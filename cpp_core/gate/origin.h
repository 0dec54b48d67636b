// Web origins (RFC 6454): exact strings, never patterns.
#pragma once

#include <string_view>

namespace gatehouse::gate {

// scheme://host[:port] with http or https, lower-case ASCII host, no path, no userinfo, no default port, as a browser
// serialises it in an Origin header.
bool is_origin(std::string_view text);

}  // namespace gatehouse::gate
