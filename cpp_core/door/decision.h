// Between the identities and verdicts of the gate and what gatehouse.h says of them.
#pragma once

#include <string_view>

#include "door/configuration.h"
#include "gate/identity.h"
#include "gatehouse.h"

namespace gatehouse {

// A gh_identity is a gate::identity seen from the other side of the door.
inline gate::identity* inside(gh_identity* who) { return reinterpret_cast<gate::identity*>(who); }
inline const gate::identity* inside(const gh_identity* who) { return reinterpret_cast<const gate::identity*>(who); }
// Gives the reference away.
inline gh_identity* outside(gate::identity_ref who) { return reinterpret_cast<gh_identity*>(who.detach()); }

inline void decide(gh_decision* decision, gh_verdict verdict, std::string_view challenge = {}) {
  constexpr unsigned seconds_until_retry = 5;
  decision->verdict = verdict;
  decision->www_authenticate = door_string(challenge);
  decision->retry_after = verdict == GH_UNAVAILABLE || verdict == GH_LIMITED ? seconds_until_retry : 0;
}

}  // namespace gatehouse
