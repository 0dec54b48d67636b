#include "endpoint/identify.h"

#include "operation/renew.h"

namespace gatehouse::endpoint {

namespace {

using dialect::credential;
using operation::refusal;

identified ended_by(refusal why) {
  identified anonymous;
  anonymous.refused = operation::refuse(why);
  return anonymous;
}

refusal refusal_of(gate::verdict verdict) {
  switch (verdict) {
    case gate::verdict::unauthenticated:
      return refusal::bad_bearer;
    case gate::verdict::unavailable:
      return refusal::unavailable;
    default:
      return refusal::internal;
  }
}

// The access token's user, or why not.
identified judge(const operation::context& ctx, const secret& access) {
  gate::decision decision = ctx.realm.authenticator().authenticate_token(access.reveal(), ctx.host);
  if (decision.verdict != gate::verdict::allowed) return ended_by(refusal_of(decision.verdict));
  identified found;
  found.who = std::move(decision.who);
  return found;
}

task<identified> renew_silently(operation::context ctx, secret refresh) {
  operation::renewal renewal = co_await operation::renew(ctx, std::move(refresh));
  if (renewal.verdict != gate::verdict::allowed) co_return ended_by(refusal_of(renewal.verdict));
  identified found;
  found.who = std::move(renewal.who);
  found.renewed = std::move(renewal.tokens);
  co_return found;
}

identified whatever_is_good(const operation::context& ctx, dialect::presented shown) {
  identified found;
  found.ambiguous = shown.conflicting;
  if (shown.access) found.who = judge(ctx, *shown.access).who;
  found.refresh = std::move(shown.refresh);
  return found;
}

// A user who is deactivated is logged out at once, so his token is merely dead; this finds out that he was deactivated,
// to tell him.
task<identified> identify_or_say_why(operation::context ctx, dialect::presented shown) {
  const gate::identity_ref holder =
      shown.access ? ctx.realm.authenticator().recognise(shown.access->reveal()) : gate::identity_ref();
  identified found = co_await identify(ctx, credential::session, std::move(shown));
  const auto* rejection = found.refused ? std::get_if<operation::refused>(&*found.refused) : nullptr;
  if (!holder || rejection == nullptr || rejection->why != refusal::bad_bearer) co_return found;
  const auto user = co_await ctx.realm.accounts().find(holder->user_id());
  const bool is_deactivated = user && user->has_value() && (*user)->profile.disabled();
  if (is_deactivated) co_return ended_by(refusal::deactivated);
  co_return found;
}

}  // namespace

task<identified> identify(operation::context ctx, credential needs, dialect::presented shown) {
  if (needs == credential::none) co_return identified();
  if (needs == credential::whatever) co_return whatever_is_good(ctx, std::move(shown));
  if (shown.conflicting) co_return ended_by(refusal::conflicting_credentials);
  if (needs == credential::refresh) {
    if (!shown.refresh) co_return ended_by(refusal::bad_refresh_token);
    identified found;
    found.refresh = std::move(shown.refresh);
    co_return found;
  }

  if (shown.malformed) co_return ended_by(refusal::bad_bearer);
  if (needs == credential::session_or_why) co_return co_await identify_or_say_why(std::move(ctx), std::move(shown));
  const bool may_renew = needs == credential::session && shown.refresh.has_value();
  if (shown.access) {
    identified by_access = judge(ctx, *shown.access);
    if (by_access.who || !may_renew) co_return by_access;
  }
  if (!may_renew) co_return ended_by(refusal::missing_bearer);
  identified renewed = co_await renew_silently(ctx, std::move(*shown.refresh));
  co_return renewed;
}

}  // namespace gatehouse::endpoint
