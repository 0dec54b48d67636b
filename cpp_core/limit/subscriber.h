// Whose address it is, for counting: what one subscriber can change at will counts as one.
#pragma once

#include <string>

namespace gatehouse::limit {

// `address`: a client's, as nginx writes it. IPv6 by its /64, which is what a subscriber is given (RFC 6177); IPv4 that
// comes as IPv6, from a socket for both (::ffff:192.0.2.1) or through NAT64 (64:ff9b::/96, RFC 6052), as IPv4. Anything
// else, "unix:" for one, as it is.
std::string subscriber_of(const std::string& address);

}  // namespace gatehouse::limit
