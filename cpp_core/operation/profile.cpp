#include "operation/profile.h"

#include "step/current_password.h"
#include "step/issue.h"
#include "step/revoke.h"

namespace gatehouse::operation {

task<outcome> show_profile(context ctx, input in) {
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::bad_bearer);
  if ((*found)->profile.disabled()) co_return refuse(refusal::deactivated);
  profile shown;
  shown.session_id = in.bearer->session_id();
  shown.user = std::move((*found)->profile);
  shown.pending_email = std::move((*found)->pending_email);
  co_return shown;
}

namespace {

// A refusal, if a password was sent and is wrong. Whether one must be sent is for the dialect to say.
task<std::optional<outcome>> check_password_sent(context ctx, input in) {
  if (!in.current_password) co_return std::nullopt;
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::bad_bearer);
  std::optional<outcome> rejection = co_await check_current_password(ctx, in, std::move((*found)->password));
  co_return rejection;
}

}  // namespace

task<outcome> remove_account(context ctx, input in) {
  std::optional<outcome> wrong = co_await check_password_sent(ctx, in);
  if (wrong) co_return std::move(*wrong);
  outcome result = co_await remove_account_of(ctx, in.bearer->user_id(), in.bearer->session_id());
  const auto* rejection = std::get_if<refused>(&result);
  co_return rejection != nullptr && rejection->why == refusal::not_found ? refuse(refusal::bad_bearer)
                                                                         : std::move(result);
}

task<outcome> remove_account_of(context ctx, std::string user_id, std::string session_id) {
  const account::source from = source_of(ctx, std::move(session_id));
  auto gone = co_await ctx.realm.accounts().remove(user_id, ctx.asked_by.keeps_admin, from);
  if (!gone) co_return ctx.fail("deleting an account", gone.failure());
  if (std::holds_alternative<account::absent>(*gone)) co_return refuse(refusal::not_found);
  if (std::holds_alternative<account::last_administrator>(*gone)) co_return refuse_last_administrator();

  const auto& left = std::get<account::removed>(*gone);
  account::revocation all;
  all.outbox_id = left.outbox_id;
  all.user_id = user_id;
  all.least_auth_version = left.least_auth_version;
  all.what = account::revocation::effect::kill;
  co_await revoke_or_leave(ctx, std::move(all));
  co_return account_removed();
}

}  // namespace gatehouse::operation
