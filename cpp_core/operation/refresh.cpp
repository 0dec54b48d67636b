#include "operation/refresh.h"

#include "step/issue.h"
#include "step/session_handle.h"
#include "token/refresh_token.h"

namespace gatehouse::operation {

namespace {

task<outcome> refuse_refresh(context ctx, session::refusal why, token::refresh_claims presented) {
  const bool is_theft = why == session::refusal::theft;
  ctx.realm.counts().add(is_theft ? metrics::counter::refresh_tokens_reused : metrics::counter::refreshes_refused);
  if (is_theft) {
    // An old token has turned up: somebody has a copy. The session is gone by now (REQUIREMENTS 30).
    const nlohmann::json detail = {{"generation", presented.generation}};
    const account::source from = source_of(ctx, presented.session_id);
    const status recorded =
        co_await ctx.realm.accounts().record_event("refresh_token_reused", presented.subject, detail, from);
    if (!recorded) ctx.warn("recording the reuse of a refresh token", recorded.failure());
    if (ctx.asked_by.theft_ends_all) {
      std::string client(ctx.asked_by.name);
      const auto ended = co_await ctx.realm.sessions().end_every_of(presented.subject, std::move(client));
      if (!ended) co_return ctx.fail("ending the sessions of a user", ended.failure());
      const nlohmann::json others = {{"ended", ended->size()}, {"sessions", *ended}};
      const status noted =
          co_await ctx.realm.accounts().record_event("other_sessions_ended", presented.subject, others, from);
      if (!noted) ctx.warn("recording the end of sessions", noted.failure());
    }
    const result<done> stored = co_await ctx.realm.sessions().replicated();
    if (!stored) co_return ctx.fail("ending a session", stored.failure());
  }
  co_return refuse(refusal::bad_refresh_token);
}

outcome go_on(const context& ctx, const session::head& head) {
  result<account::user> user = account::user_from_json(head.user_json);
  if (!user) return ctx.fail("reading the user in a session", user.failure());
  // The user is no administrator any more, although this session of an administrator lives.
  if (ctx.asked_by.admins_only && !user->has_role("admin")) return refuse(refusal::bad_refresh_token);
  signed_in in_again;
  in_again.tokens = issue_tokens(ctx, *user, head);
  if (std::optional<outcome> refusal = refuse_unkeepable(ctx, *user, in_again.tokens)) return std::move(*refusal);
  in_again.user = std::move(*user);
  ctx.realm.counts().add(metrics::counter::refreshes_succeeded);
  return in_again;
}

task<outcome> refresh_by_handle(context ctx, secret handle) {
  const auto found = co_await resume(ctx, std::move(handle));
  if (!found) co_return ctx.fail("resuming a session", found.failure());
  const auto* head = std::get_if<session::head>(&*found);
  co_return head != nullptr ? go_on(ctx, *head) : refuse(refusal::bad_refresh_token);
}

}  // namespace

task<outcome> refresh(context ctx, input in) {
  if (may_be_handle(ctx.asked_by, *in.refresh_token)) {
    co_return co_await refresh_by_handle(ctx, std::move(*in.refresh_token));
  }
  const std::optional<token::refresh_claims> presented = verified_refresh_token(ctx, *in.refresh_token);
  if (!presented) {
    ctx.realm.counts().add(metrics::counter::refreshes_refused);
    co_return refuse(refusal::bad_refresh_token);
  }

  session::renewal renewal;
  renewal.sid = presented->session_id;
  renewal.user_id = presented->subject;
  renewal.generation = presented->generation;
  renewal.seat = presented->seat;
  renewal.client = ctx.asked_by.name;
  renewal.lifetimes = lifetimes_of(ctx);
  renewal.key_id = ctx.realm.settings().keys->refresh_signing_key().id();
  renewal.address = ctx.address;
  renewal.user_agent = ctx.user_agent;

  auto answer = co_await ctx.realm.sessions().rotate(std::move(renewal));
  if (!answer) co_return ctx.fail("refreshing a session", answer.failure());
  if (const auto* rejection = std::get_if<session::refusal>(&*answer))
    co_return co_await refuse_refresh(ctx, *rejection, *presented);

  co_return go_on(ctx, std::get<session::head>(*answer));
}

}  // namespace gatehouse::operation
