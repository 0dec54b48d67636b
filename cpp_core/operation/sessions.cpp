#include "operation/sessions.h"

#include <algorithm>

#include "step/current_password.h"
#include "step/issue.h"

namespace gatehouse::operation {

bool logged_in_recently(const gate::identity& who) {
  constexpr seconds recent{15 * 60};
  return who.auth_time() + recent.count() > now_seconds();
}

task<std::optional<outcome>> prove_presence(context ctx, input in) {
  if (!in.current_password) {
    if (logged_in_recently(*in.bearer)) co_return std::nullopt;
    co_return refuse(refusal::recent_login_needed);
  }
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  std::optional<std::string> stored;
  if (found->has_value()) stored = std::move((*found)->password);
  co_return co_await check_current_password(ctx, in, std::move(stored));
}

task<outcome> list_sessions(context ctx, input in) {
  auto live = co_await ctx.realm.sessions().list(in.bearer->user_id());
  if (!live) co_return ctx.fail("listing sessions", live.failure());
  session_list all;
  all.sessions = std::move(*live);
  all.current = in.bearer->session_id();
  co_return all;
}

task<outcome> end_session(context ctx, input in) {
  if (*in.id != in.bearer->session_id()) {
    std::optional<outcome> rejection = co_await prove_presence(ctx, in);
    if (rejection) co_return std::move(*rejection);
  }
  const auto live = co_await ctx.realm.sessions().list(in.bearer->user_id());
  if (!live) co_return ctx.fail("listing sessions", live.failure());
  const bool is_his = std::ranges::find(*live, *in.id, &session::listed::sid) != live->end();
  if (!is_his) co_return refuse(refusal::not_found);

  const result<bool> ended = co_await ctx.realm.sessions().end(*in.id, in.bearer->user_id());
  if (!ended) co_return ctx.fail("ending a session", ended.failure());
  const account::source from = source_of(ctx, *in.id);
  const status recorded =
      co_await ctx.realm.accounts().record_event("session_ended", in.bearer->user_id(), nlohmann::json::object(), from);
  if (!recorded) ctx.warn("recording the end of a session", recorded.failure());
  co_return sessions_ended();
}

task<outcome> end_other_sessions(context ctx, input in) {
  std::optional<outcome> rejection = co_await prove_presence(ctx, in);
  if (rejection) co_return std::move(*rejection);
  const auto ended = co_await ctx.realm.sessions().end_every(in.bearer->user_id(), in.bearer->session_id());
  if (!ended) co_return ctx.fail("ending the sessions of a user", ended.failure());
  const account::source from = source_of(ctx, in.bearer->session_id());
  const nlohmann::json detail = {{"ended", ended->size()}, {"sessions", *ended}};
  const status recorded =
      co_await ctx.realm.accounts().record_event("other_sessions_ended", in.bearer->user_id(), detail, from);
  if (!recorded) ctx.warn("recording the end of sessions", recorded.failure());
  co_return sessions_ended();
}

}  // namespace gatehouse::operation
