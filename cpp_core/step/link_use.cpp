#include "step/link_use.h"

#include "step/issue.h"
#include "step/letters.h"

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

task<link_holder> find_link_holder(context ctx, secret token, bool for_reset) {
  attempt tried = co_await admit_token(ctx);
  if (tried.refused) co_return std::move(*tried.refused);
  account::links& links = ctx.realm.links();
  auto search = for_reset ? links.find_reset(std::move(token)) : links.find_verification(std::move(token));
  auto found = co_await search;
  if (found && std::holds_alternative<account::dead_link>(*found)) {
    co_return co_await refuse_link(ctx, std::get<account::dead_link>(*found));
  }
  co_await give_back(ctx, std::move(tried));
  if (!found) co_return ctx.fail("looking a link up", found.failure());
  co_return std::move(std::get<account::user>(*found));
}

task<outcome> look_at_reset_link(context ctx, input in) {
  link_holder holder = co_await find_link_holder(ctx, *in.link_token, true);
  if (auto* rejection = std::get_if<outcome>(&holder)) co_return std::move(*rejection);
  co_return blank();
}

task<outcome> look_at_verification_link(context ctx, input in) {
  link_holder holder = co_await find_link_holder(ctx, *in.link_token, false);
  if (auto* rejection = std::get_if<outcome>(&holder)) co_return std::move(*rejection);
  co_return blank();
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
