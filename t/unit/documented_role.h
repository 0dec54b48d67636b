// The role that nginx connects as, with the rights that sql/install gives it and no more.
#pragma once

#include "private_postgres.h"

namespace gatehouse {

inline void create_documented_role(const private_postgres& server) {
  server.execute("SELECT gatehouse.grant_to('gatehouse_nginx')");
}

}  // namespace gatehouse
