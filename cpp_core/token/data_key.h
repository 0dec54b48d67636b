// A key for secrets at rest, from a JWK with "use":"gatehouse-data". It signs nothing, and no token is made with it.
#pragma once

#include <string>

#include "base/secret.h"

namespace gatehouse::token {

struct data_key {
  std::string id;
  secret bytes;          // 32, derived from the JWK's
  bool may_seal = true;  // else it only opens what it has sealed before
};

}  // namespace gatehouse::token
