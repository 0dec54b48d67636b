#include "operation/links.h"

#include "operation/issue.h"
#include "operation/letters.h"

namespace gatehouse::operation {

task<outcome> request_link(context ctx, account::email address, mail_wish what, std::string event) {
  attempt tried = co_await admit_mail(ctx, what, address.as_typed());
  if (tried.refused) co_return std::move(*tried.refused);
  const account::source from = source_of(ctx, "");
  account::mail_order order =
      link_letter(ctx, what == mail_wish::reset ? ctx.asked_by.reset_letter : account::letter::verify);
  const status asked = co_await ctx.realm.links().request(address.as_typed(), std::move(order), std::move(event), from);
  if (asked) co_return mail_sent();
  co_await give_back(ctx, std::move(tried));
  co_return ctx.fail("asking for a mail", asked.failure());
}

task<outcome> refuse_link(context ctx, account::dead_link why) {
  const bool expired = why == account::dead_link::expired;
  const nlohmann::json detail = {{"reason", expired ? "expired" : "unknown"}};
  const account::source from = source_of(ctx, "");
  const status recorded = co_await ctx.realm.accounts().record_event("link_refused", "", detail, from);
  if (!recorded) ctx.warn("recording a link that is no good", recorded.failure());
  co_return refuse(expired ? refusal::link_expired : refusal::link_unknown);
}

}  // namespace gatehouse::operation
