#include "operation/reissue.h"

#include "step/issue.h"

namespace gatehouse::operation {

task<outcome> reissue_after(context ctx, input in, outcome result) {
  auto* changed = std::get_if<profile>(&result);
  if (changed == nullptr) co_return result;

  const auto session = co_await ctx.realm.sessions().read(in.bearer->session_id(), lifetimes_of(ctx).access);
  if (!session) co_return ctx.fail("reading a session", session.failure());
  const bool lives = session->has_value() && (*session)->user_id == changed->user.id;
  if (!lives) co_return refuse(refusal::bad_bearer);

  signed_in anew;
  anew.tokens = issue_tokens(ctx, changed->user, **session);
  anew.user = std::move(changed->user);
  co_return anew;
}

}  // namespace gatehouse::operation
