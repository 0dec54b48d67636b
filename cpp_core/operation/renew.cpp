#include "operation/renew.h"

#include "operation/refresh.h"
#include "step/issue.h"
#include "step/session_handle.h"

namespace gatehouse::operation {

namespace {

renewal refused_renewal(refusal why) {
  renewal refused;
  if (why == refusal::unavailable || why == refusal::busy) {
    refused.verdict = gate::verdict::unavailable;
  } else if (why == refusal::token_too_large) {
    refused.verdict = gate::verdict::forbidden;
    refused.ended = true;  // or each request would rotate, and the next one would be theft
  } else if (why == refusal::bad_refresh_token) {
    refused.verdict = gate::verdict::unauthenticated;
    refused.ended = true;
  }
  return refused;
}

// The identity in an access token that we have just made: the same path as if it had been sent.
renewal identified(const context& ctx, const secret& access) {
  gate::decision decision = ctx.realm.authenticator().authenticate_token(access.reveal(), ctx.host);
  renewal done;
  done.verdict = decision.verdict;
  done.who = std::move(decision.who);
  return done;
}

// A handle is never replaced, so looking is renewing without handing the token on.
task<renewal> look_by_handle(context ctx, secret handle) {
  renewal renewed = co_await renew(ctx, handle);
  renewed.tokens.reset();
  if (renewed.verdict == gate::verdict::allowed) ctx.realm.authenticator().remember(handle.reveal(), renewed.who);
  co_return renewed;
}

}  // namespace

task<renewal> renew(context ctx, secret refresh_token) {
  input in;
  in.refresh_token = std::move(refresh_token);
  outcome refreshed = co_await refresh(ctx, std::move(in));
  if (const auto* rejection = std::get_if<refused>(&refreshed)) co_return refused_renewal(rejection->why);

  issued_tokens& tokens = std::get<signed_in>(refreshed).tokens;
  renewal renewed = identified(ctx, tokens.access);
  renewed.tokens = std::move(tokens);
  co_return renewed;
}

task<renewal> look_at_session(context ctx, secret refresh_token) {
  gate::identity_ref known = ctx.realm.authenticator().recall(refresh_token.reveal());
  if (known && (known->host().empty() || known->host() == ctx.host)) {
    renewal remembered;
    remembered.verdict = gate::verdict::allowed;
    remembered.who = std::move(known);
    co_return remembered;
  }
  if (!ctx.asked_by.handle_cookie.empty()) co_return co_await look_by_handle(ctx, std::move(refresh_token));
  const std::optional<token::refresh_claims> presented = verified_refresh_token(ctx, refresh_token);
  if (!presented) co_return refused_renewal(refusal::bad_refresh_token);

  const std::optional<seconds> no_access_token;
  auto session = co_await ctx.realm.sessions().read(presented->session_id, no_access_token, presented->seat);
  if (!session) {
    const outcome failed = ctx.fail("reading a session", session.failure());
    co_return refused_renewal(std::get<refused>(failed).why);
  }
  // The generation before is still good for the grace; who presents an older one is judged when it is used to refresh.
  const bool good = session->has_value() && (*session)->user_id == presented->subject &&
                    (*session)->client == ctx.asked_by.name && presented->generation <= (*session)->generation &&
                    presented->generation + 1 >= (*session)->generation;
  if (!good) {
    renewal refused;
    refused.verdict = gate::verdict::unauthenticated;
    co_return refused;
  }

  const result<account::user> user = account::user_from_json((*session)->user_json);
  if (!user) {
    ctx.warn("reading the user in a session", user.failure());
    co_return renewal();
  }
  const issued_tokens tokens = issue_tokens(ctx, *user, **session);
  renewal renewed = identified(ctx, tokens.access);
  if (renewed.verdict == gate::verdict::allowed)
    ctx.realm.authenticator().remember(refresh_token.reveal(), renewed.who);
  co_return renewed;
}

}  // namespace gatehouse::operation
