#include "operation/logout.h"

#include <algorithm>

#include "step/issue.h"
#include "step/session_handle.h"

namespace gatehouse::operation {

namespace {

task<done> record(context ctx, std::string user_id, std::string session_id) {
  const account::source from = source_of(ctx, std::move(session_id));
  const result<bool> recorded = co_await ctx.realm.accounts().record_logout(std::move(user_id), from);
  if (!recorded) ctx.warn("recording a logout", recorded.failure());
  co_return done{};
}

// Ends the session, and says whether it was alive. `client`: only a session of this client; empty: of any.
task<result<bool>> end(context ctx, std::string user_id, std::string session_id, std::string client) {
  result<bool> ended = co_await ctx.realm.sessions().end(session_id, user_id, std::move(client));
  if (ended && *ended) co_await record(ctx, std::move(user_id), std::move(session_id));
  co_return ended;
}

// Ends the session of the handle that the client keeps; a handle of another client ends nothing.
task<result<bool>> end_kept(context ctx, secret kept) {
  const auto found = co_await session_of(ctx, std::move(kept));
  if (!found) co_return found.failure();
  if (!found->has_value()) co_return false;
  std::string client(ctx.asked_by.name);
  result<bool> ended = co_await end(ctx, (*found)->user_id, (*found)->session_id, std::move(client));
  co_return ended;
}

}  // namespace

task<outcome> logout(context ctx, input in) {
  if (!in.refresh_token && !in.bearer) {
    if (in.ambiguous_session) co_return refuse(refusal::conflicting_credentials);
    co_return signed_out();  // a browser whose cookies are gone already
  }
  bool over = false;
  if (in.refresh_token) {
    const result<bool> ended = co_await end_kept(ctx, *in.refresh_token);
    if (!ended) co_return ctx.fail("ending a session", ended.failure());
    over = *ended;
  }
  if (in.bearer) {
    const result<bool> ended = co_await end(ctx, in.bearer->user_id(), in.bearer->session_id(), "");
    if (!ended) co_return ctx.fail("ending a session", ended.failure());
    over = true;
  }
  if (!over) co_return refuse(refusal::bad_refresh_token);
  co_return signed_out();
}

task<outcome> logout_of_session(context ctx, input in) {
  const bool shows_none = !in.refresh_token && !in.bearer && !in.ambiguous_session;
  if (shows_none) co_return refuse(refusal::bad_refresh_token);
  co_return co_await logout(std::move(ctx), std::move(in));
}

task<outcome> logout_everywhere(context ctx, input in) {
  const std::string user_id = in.bearer->user_id();
  const std::string session_id = in.bearer->session_id();
  const auto ended = co_await ctx.realm.sessions().end_every(user_id);
  if (!ended) co_return ctx.fail("ending the sessions of a user", ended.failure());
  if (std::find(ended->begin(), ended->end(), session_id) == ended->end()) {  // Redis has lost it
    const result<bool> own = co_await ctx.realm.sessions().end(session_id, user_id);
    if (!own) co_return ctx.fail("ending a session", own.failure());
  }
  const nlohmann::json detail = {{"ended", ended->size()}, {"sessions", *ended}};
  const account::source from = source_of(ctx, session_id);
  const status recorded = co_await ctx.realm.accounts().record_event("other_sessions_ended", user_id, detail, from);
  if (!recorded) ctx.warn("recording the end of sessions", recorded.failure());
  co_await record(ctx, user_id, session_id);
  co_return signed_out();
}

}  // namespace gatehouse::operation
