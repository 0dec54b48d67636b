#include "operation/current_password.h"

#include "operation/issue.h"
#include "operation/throttle.h"

namespace gatehouse::operation {

namespace {

task<outcome> refuse_password(context ctx, input in) {
  const nlohmann::json detail = {{"reason", "wrong password"}};
  const account::source from = source_of(ctx, in.bearer->session_id());
  const status recorded =
      co_await ctx.realm.accounts().record_event("reauthentication_failed", in.bearer->user_id(), detail, from);
  if (!recorded) ctx.warn("recording a wrong password", recorded.failure());
  std::vector<field_error> errors{{&input::current_password, "is not the current password"}};
  co_return refuse_fields(std::move(errors));
}

}  // namespace

task<std::optional<outcome>> check_current_password(context ctx, input in, std::optional<std::string> stored) {
  attempt tried = co_await admit_current_password(ctx, in.bearer->user_id());
  if (tried.refused) co_return std::move(tried.refused);

  const std::string hash = stored.value_or(ctx.realm.passwords().decoy());
  const result<password::verdict> shown = co_await ctx.realm.passwords().verify(*in.current_password, hash);
  if (shown && !(stored && shown->matches)) co_return co_await refuse_password(ctx, in);
  co_await give_back(ctx, std::move(tried));
  if (!shown) co_return ctx.fail("checking a password", shown.failure());
  co_return std::nullopt;
}

}  // namespace gatehouse::operation
