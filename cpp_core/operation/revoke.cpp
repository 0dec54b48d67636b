#include "operation/revoke.h"

namespace gatehouse::operation {

task<status> revoke(realm::services& realm, account::revocation due) {
  auto found = co_await realm.accounts().find(due.user_id);
  if (!found) co_return found.failure();

  session::store::change change;
  change.user_id = due.user_id;
  change.least = due.least_auth_version;
  change.how = due.what == account::revocation::effect::kill ? session::ending::kill : session::ending::expire;
  change.keep_sid = due.keep_session.value_or("");
  if (found->has_value()) change.user_json = account::to_json((*found)->profile);

  const result<done> ended = co_await realm.sessions().end_all(std::move(change));
  if (!ended) co_return ended.failure();
  co_return co_await realm.accounts().finish(due.outbox_id);
}

task<done> revoke_or_leave(context ctx, account::revocation due) {
  const status revoked = co_await revoke(ctx.realm, std::move(due));
  if (!revoked) ctx.warn("ending the sessions of a user, which is tried again", revoked.failure());
  co_return done{};
}

task<result<std::size_t>> sweep_outbox(realm::services& realm) {
  constexpr std::size_t at_a_time = 50;
  auto due = co_await realm.accounts().take_revocations(at_a_time);
  if (!due) co_return due.failure();
  for (const account::revocation& each : *due) {
    const status carried_out = co_await revoke(realm, each);
    if (!carried_out) co_return carried_out.failure();
  }
  co_return due->size();
}

}  // namespace gatehouse::operation
