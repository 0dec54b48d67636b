#include "operation/logout.h"

#include <algorithm>

#include "operation/handle.h"
#include "operation/issue.h"

namespace gatehouse::operation {

namespace {

task<done> record(context ctx, std::string user_id, std::string session_id) {
  const account::source from = source_of(ctx, std::move(session_id));
  const result<bool> recorded = co_await ctx.realm.accounts().record_logout(std::move(user_id), from);
  if (!recorded) ctx.warn("recording a logout", recorded.failure());
  co_return done{};
}

}  // namespace

task<outcome> logout(context ctx, input in) {
  if (!in.refresh_token && !in.bearer) co_return signed_out();  // a browser whose cookies are gone already
  std::string user_id;
  std::string session_id;
  std::string client;  // of a session ended by its refresh token, which is worth nothing to another
  if (in.refresh_token) {
    const auto kept = co_await session_of(ctx, *in.refresh_token);
    if (!kept) co_return ctx.fail("looking a session up", kept.failure());
    if (!kept->has_value()) co_return refuse(refusal::bad_refresh_token);
    user_id = (*kept)->user_id;
    session_id = (*kept)->session_id;
    if (in.bearer && in.bearer->user_id() != user_id) co_return refuse(refusal::conflicting_credentials);
    client = ctx.asked_by.name;
  } else {
    user_id = in.bearer->user_id();
    session_id = in.bearer->session_id();
  }

  const result<bool> ended = co_await ctx.realm.sessions().end(session_id, user_id, std::move(client));
  if (!ended) co_return ctx.fail("ending a session", ended.failure());
  if (!*ended && in.refresh_token) co_return refuse(refusal::bad_refresh_token);
  if (*ended) co_await record(ctx, user_id, session_id);
  co_return signed_out();
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
  co_await record(ctx, user_id, session_id);
  co_return signed_out();
}

}  // namespace gatehouse::operation
