#include "step/revoke.h"

#include <optional>
#include <vector>

namespace gatehouse::operation {

namespace {

// Tells the feed even if Redis has no such session, because its access tokens may still be out there.
task<status> end_token(realm::services& realm, account::revocation due) {
  const result<bool> ended = co_await realm.sessions().end(std::move(due.token_id), std::move(due.user_id));
  if (!ended) co_return ended.failure();
  co_return co_await realm.accounts().finish(due.outbox_id);
}

}  // namespace

task<status> revoke(realm::services& realm, account::revocation due) {
  if (due.what == account::revocation::effect::end) co_return co_await end_token(realm, std::move(due));
  auto found = co_await realm.accounts().find(due.user_id);
  if (!found) co_return found.failure();

  session::store::change change;
  change.user_id = due.user_id;
  change.least = due.least_auth_version;
  // A user who was disabled or deleted since the row was written keeps no session, whatever the row says.
  const bool may_live = found->has_value() && !(*found)->profile.disabled();
  const bool expires = may_live && due.what == account::revocation::effect::expire;
  change.how = expires ? session::ending::expire : session::ending::kill;
  if (may_live) change.keep_sid = due.keep_session.value_or("");
  if (found->has_value()) change.user_json = account::to_json((*found)->profile);

  const result<done> ended = co_await realm.sessions().end_all(std::move(change));
  if (!ended) co_return ended.failure();
  co_return co_await realm.accounts().finish(due.outbox_id);
}

task<done> revoke_or_leave(context ctx, account::revocation due) {
  std::vector<std::int64_t> row{due.outbox_id};
  const status revoked = co_await revoke(ctx.realm, std::move(due));
  if (revoked) co_return done{};
  ctx.warn("ending the sessions of a user, which is tried again", revoked.failure());
  const status left = co_await ctx.realm.accounts().put_back(std::move(row));
  if (!left) ctx.warn("putting a revocation back", left.failure());
  co_return done{};
}

task<result<std::size_t>> sweep_outbox(realm::services& realm) {
  constexpr std::size_t at_a_time = 50;
  auto due = co_await realm.accounts().take_revocations(at_a_time);
  if (!due) co_return due.failure();
  std::size_t carried_out = 0;
  std::optional<error> failure;
  std::vector<std::int64_t> left;  // because a store is down: as soon as it is back they are to be tried again
  for (const account::revocation& each : *due) {
    if (left.empty()) {
      const status revoked = co_await revoke(realm, each);
      if (revoked) {
        ++carried_out;
        continue;
      }
      failure = revoked.failure();
      if (failure->kind != fault::unavailable) continue;  // something about this row
    }
    left.push_back(each.outbox_id);
  }
  if (!left.empty()) {
    const status put = co_await realm.accounts().put_back(std::move(left));
    // They are due again in 30 s all the same.
    if (!put) realm.host().log(severity::warn, "putting revocations back: " + put.failure().what);
  }
  if (failure) co_return *failure;
  co_return carried_out;
}

}  // namespace gatehouse::operation
