// `hop`: what the guard serves by itself at each of the realm's hosts, below hop_path: where a browser comes back to
// from the login host, and where it is logged out.
#pragma once

#include <string>

#include "dialect/dialect.h"
#include "gate/assurance.h"

namespace gatehouse::dialect {

extern const dialect hop;

// Sends a browser that is not logged in at this host to the login host, and lets it come back to `address`, a path of
// this host. `wants`: what its session, if it has one, shows there first. `again`: it has come back once and could not
// be let in. A page that says why, where it cannot be sent.
response begin_hop(const realm::settings& realm, const request& asked, std::string_view address,
                   const gate::assurance& wants, bool again);

}  // namespace gatehouse::dialect
