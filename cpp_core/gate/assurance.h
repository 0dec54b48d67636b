// How well and how lately somebody has proved who he is, as far as a location asks for it: gatehouse_require mfa and
// auth_age. Who lacks it is asked for just that, which is a step-up (RFC 9470; REQUIREMENTS 71).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "gate/identity.h"

namespace gatehouse::gate {

struct assurance {
  bool mfa = false;                // amr says "mfa": a second factor, or a passkey that has verified its user
  std::optional<seconds> max_age;  // since auth_time, inclusive

  bool empty() const { return !mfa && !max_age; }
  // Asks for what both ask for.
  void add(const assurance& more);

  // What of it `who` has not shown at `now`.
  assurance missing(const identity& who, unix_seconds now) const;

  // "acr_values=mfa&max_age=900": the parameters of RFC 9470 §4, as the step-up page takes them.
  std::string query() const;
  // Of parameters that anybody can have written: what is not understood asks for nothing.
  static assurance read(std::string_view acr_values, std::string_view max_age);
  // The WWW-Authenticate of a 401 (RFC 9470 §3).
  std::string challenge() const;
};

}  // namespace gatehouse::gate
