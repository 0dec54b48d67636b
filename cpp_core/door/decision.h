// Between the identities and verdicts of the gate and what gatehouse.h says of them.
#pragma once

#include <string_view>

#include "door/configuration.h"
#include "gate/assurance.h"
#include "gate/identity.h"
#include "gate/verdict.h"
#include "gatehouse.h"

namespace gatehouse {

// A gh_identity is a gate::identity seen from the other side of the door.
inline gate::identity* inside(gh_identity* who) { return reinterpret_cast<gate::identity*>(who); }
inline const gate::identity* inside(const gh_identity* who) { return reinterpret_cast<const gate::identity*>(who); }
// Gives the reference away.
inline gh_identity* outside(gate::identity_ref who) { return reinterpret_cast<gh_identity*>(who.detach()); }

inline gh_verdict outside(gate::verdict verdict) {
  switch (verdict) {
    case gate::verdict::allowed:
      return GH_ALLOWED;
    case gate::verdict::anonymous:
      return GH_ANONYMOUS;
    case gate::verdict::unauthenticated:
      return GH_UNAUTHENTICATED;
    case gate::verdict::renewable:
      return GH_RENEWABLE;
    case gate::verdict::pending:
      return GH_PENDING;
    case gate::verdict::step_up:
      return GH_STEP_UP;
    case gate::verdict::forbidden:
      return GH_FORBIDDEN;
    case gate::verdict::ambiguous:
      return GH_AMBIGUOUS;
    case gate::verdict::limited:
      return GH_LIMITED;
    case gate::verdict::unavailable:
      return GH_UNAVAILABLE;
    case gate::verdict::failed:
      return GH_FAILED;
  }
  return GH_FAILED;
}

// `reason`: static or the configuration's.
inline void decide(gh_decision* decision, gate::verdict verdict, std::string_view challenge = {},
                   std::string_view reason = {}) {
  constexpr unsigned seconds_until_retry = 5;
  const bool may_retry = verdict == gate::verdict::unavailable || verdict == gate::verdict::limited;
  decision->verdict = outside(verdict);
  decision->www_authenticate = door_string(challenge);
  decision->reason = door_string(reason);
  decision->retry_after = may_retry ? seconds_until_retry : 0;
}

inline gate::assurance inside(const gh_assurance& wants) {
  gate::assurance asked;
  asked.mfa = wants.mfa != 0;
  if (wants.has_max_age != 0) asked.max_age = seconds(wants.max_age);
  return asked;
}
inline gh_assurance outside(const gate::assurance& wants) {
  return {wants.mfa ? 1 : 0, wants.max_age ? 1 : 0, static_cast<unsigned>(wants.max_age.value_or(seconds(0)).count())};
}

}  // namespace gatehouse
