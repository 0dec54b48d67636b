// Where to go after a login: the path that was first asked for, and nowhere else (REQUIREMENTS 44).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace gatehouse::gate {

// Whether a browser that is sent to `address` stays on this site: a path that starts with one slash and is printable
// ASCII without a backslash and 8192 bytes at most, so that no URL parser (WHATWG) finds a host in it; or exactly one
// of `allowed`, absolute URLs. Percent-encoding stays as it is: what it hides is part of a path.
bool is_safe_return(std::string_view address, std::span<const std::string_view> allowed);

// What is not plain in a path and query as a client sent them, percent-encoded: another spelling of the same address
// (RFC 3986 §6.2.2), in printable ASCII without a backslash.
std::string plain_address(std::string_view uri);

// For the value of a query parameter: all but unreserved characters (RFC 3986 §2.3) are percent-encoded.
std::string percent_encode(std::string_view text);

}  // namespace gatehouse::gate
