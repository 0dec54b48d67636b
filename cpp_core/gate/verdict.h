// What the gate finds about a request's credentials, and what an operation that looks further makes of it.
#pragma once

namespace gatehouse::gate {

enum class verdict {
  allowed,
  anonymous,        // no credentials were sent
  unauthenticated,  // they are not good
  renewable,        // the same, unless the refresh cookie beside them is good
  pending,          // a user's token or password that nobody here has looked up yet
  step_up,          // they are good, and something more, or anew, has to be shown
  forbidden,        // they are good, and not enough
  ambiguous,        // two that disagree
  limited,          // too many tries
  unavailable,      // a store that has to be asked does not answer
  failed            // a defect
};

}  // namespace gatehouse::gate
