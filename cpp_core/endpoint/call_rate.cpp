#include "endpoint/call_rate.h"

#include "gate/cross_site.h"
#include "limit/subscriber.h"
#include "step/throttle.h"

namespace gatehouse::endpoint {

task<rated> count_call(operation::context ctx, const dialect::dialect& spoken, const dialect::route& matched) {
  rated call;
  if (spoken.rate == nullptr || gate::is_safe_method(matched.method)) co_return call;

  limit::limiter& limits = ctx.realm.limits();
  const std::string network = limit::subscriber_of(ctx.address);
  std::vector<limit::bucket> buckets;
  buckets.push_back({limits.key("calls", {spoken.name, matched.method, matched.path, network}),
                     ctx.realm.settings().*spoken.rate, ""});
  result<limit::verdict> said = co_await limits.take(std::move(buckets));
  if (!said) {
    call.refused = ctx.fail("counting a call", said.failure());
    co_return call;
  }
  if (!said->admitted) {
    call.refused = operation::refuse_for_now(said->reset);
    co_await operation::note_refusal(ctx, "calls", *said, "none");
  }
  call.said = std::move(*said);
  co_return call;
}

void add_rate_headers(const rated& call, dialect::response& answer) {
  if (call.said.limit == 0) return;
  answer.add_header("X-RateLimit-Limit", std::to_string(call.said.limit));
  answer.add_header("X-RateLimit-Remaining", std::to_string(call.said.remaining));
  answer.add_header("X-RateLimit-Reset", std::to_string(call.said.reset.count()));
}

}  // namespace gatehouse::endpoint
