#include "operation/overview.h"

#include "operation/profile.h"
#include "operation/sessions.h"

namespace gatehouse::operation {

task<outcome> show_overview(context ctx, input in) {
  outcome shown = co_await show_profile(ctx, in);
  if (!std::holds_alternative<profile>(shown)) co_return shown;
  outcome listed = co_await list_sessions(ctx, in);
  if (!std::holds_alternative<session_list>(listed)) co_return listed;

  account_overview all;
  all.user = std::move(std::get<profile>(shown).user);
  all.pending_email = std::move(std::get<profile>(shown).pending_email);
  all.sessions = std::move(std::get<session_list>(listed));
  all.proof_needed = !logged_in_recently(*in.bearer);
  co_return all;
}

task<outcome> show_overview_after(context ctx, input in, outcome made) {
  auto* no = std::get_if<refused>(&made);
  if (no == nullptr || no->why == refusal::bad_bearer) co_return made;
  outcome shown = co_await show_overview(ctx, std::move(in));
  if (auto* all = std::get_if<account_overview>(&shown)) all->trouble = std::move(*no);
  co_return shown;
}

}  // namespace gatehouse::operation
