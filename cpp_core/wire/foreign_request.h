// Whether a request to an endpoint was made by a page of another site (gate/cross_site.h).
#pragma once

#include "dialect/request.h"
#include "realm/settings.h"

namespace gatehouse::dialect {

bool is_cross_site(const realm::settings& realm, const request& asked);

}  // namespace gatehouse::dialect
