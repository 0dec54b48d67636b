#include "step/current_password.h"

#include "step/failed_proof.h"
#include "step/throttle.h"

namespace gatehouse::operation {

namespace {

task<outcome> refuse_password(context ctx, input in, std::string reason) {
  const nlohmann::json detail = {{"reason", reason}};
  co_await record_failed_proof(std::move(ctx), in.bearer->user_id(), detail, in.bearer->session_id());
  std::vector<field_error> errors{{&input::current_password, "is not the current password"}};
  co_return refuse_fields(std::move(errors));
}

}  // namespace

void report_unusable_hash(const context& ctx, const std::string& user_id, const std::string& why) {
  const std::string remedy = "; the user needs a new one, by a reset link or by SQL, user: ";
  const error unusable{fault::internal, why + remedy + user_id};
  ctx.report("a stored password hash cannot be verified", unusable);
}

std::string reason_of(const password::verdict& wrong) {
  return wrong.unusable.empty() ? "wrong password" : "hash cannot be verified";
}

task<std::optional<outcome>> check_current_password(context ctx, input in, std::optional<std::string> stored) {
  attempt tried = co_await admit_current_password(ctx, in.bearer->user_id());
  if (tried.refused) co_return std::move(tried.refused);

  const std::string hash = stored.value_or(ctx.realm.passwords().decoy());
  const result<password::verdict> shown = co_await ctx.realm.passwords().verify(*in.current_password, hash);
  if (shown && !shown->unusable.empty()) report_unusable_hash(ctx, in.bearer->user_id(), shown->unusable);
  if (shown && !stored) co_return co_await refuse_password(ctx, in, "no password");
  if (shown && !shown->matches) co_return co_await refuse_password(ctx, in, reason_of(*shown));
  co_await give_back(ctx, std::move(tried));
  if (!shown) co_return ctx.fail("checking a password", shown.failure());
  co_return std::nullopt;
}

}  // namespace gatehouse::operation
