#include "step/context.h"

namespace gatehouse::operation {

namespace {

refusal refusal_for(fault kind) {
  switch (kind) {
    case fault::unavailable:
      return refusal::unavailable;
    case fault::overloaded:
      return refusal::busy;
    case fault::invalid:
    case fault::internal:
      break;
  }
  return refusal::internal;
}

std::string log_line(const context& ctx, std::string_view doing, const error& failure) {
  std::string line = "realm \"" + ctx.realm.settings().name + "\": ";
  line.append(doing).append(": ").append(failure.what).append(", request: ").append(ctx.request_id);
  return line;
}

}  // namespace

outcome context::fail(std::string_view doing, const error& failure) const {
  realm.host().log(severity::error, log_line(*this, doing, failure));
  return refuse(refusal_for(failure.kind));
}

void context::report(std::string_view doing, const error& what) const {
  realm.host().log(severity::error, log_line(*this, doing, what));
}

void context::warn(std::string_view doing, const error& failure) const {
  realm.host().log(severity::warn, log_line(*this, doing, failure));
}

}  // namespace gatehouse::operation
