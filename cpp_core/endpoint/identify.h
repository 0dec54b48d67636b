// From what a request shows to who it is from, as far as its route needs to know.
#pragma once

#include <optional>

#include "base/task.h"
#include "dialect/dialect.h"
#include "step/context.h"

namespace gatehouse::endpoint {

struct identified {
  gate::identity_ref who;                           // of a valid access token, or of a session renewed just now
  std::optional<secret> refresh;                    // not judged yet
  bool ambiguous = false;                           // more was shown, twice
  std::optional<operation::issued_tokens> renewed;  // for the client, whatever the outcome
  std::optional<operation::outcome> refused;        // the request ends here
};

// `needs` is none of bearer_if_alone: its caller knows whether the body makes it a bearer.
task<identified> identify(operation::context ctx, dialect::credential needs, dialect::presented shown);

}  // namespace gatehouse::endpoint
