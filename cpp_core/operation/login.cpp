#include "operation/login.h"

#include "step/current_password.h"
#include "step/failed_proof.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/second_factor.h"
#include "step/throttle.h"

namespace gatehouse::operation {

namespace {

// Hashes the password anew if its hash has outdated parameters. If that fails, the login succeeds all the same.
task<done> renew_hash(context ctx, std::string user_id, std::string old_hash, secret password) {
  result<std::string> renewed = co_await ctx.realm.passwords().hash(std::move(password));
  if (!renewed) {
    ctx.warn("hashing a password anew", renewed.failure());
    co_return done{};
  }
  const result<bool> replaced =
      co_await ctx.realm.accounts().replace_hash(std::move(user_id), std::move(old_hash), std::move(*renewed));
  if (!replaced) ctx.warn("storing a renewed password hash", replaced.failure());
  co_return done{};
}

task<outcome> refuse_login(context ctx, std::string user_id, std::string reason,
                           refusal why = refusal::bad_credentials) {
  const nlohmann::json detail = {{"reason", reason}};
  co_await record_failed_proof(std::move(ctx), std::move(user_id), detail);
  co_return refuse(why);
}

// Some clients let administrators in, and nobody else.
bool may_use_client(const context& ctx, const account::user& user) {
  return !ctx.asked_by.admins_only || user.has_role("admin");
}

// The user was changed while the password was being checked. Reads him again; if the password's hash is still the same,
// the login counts.
task<outcome> sign_in_again(context ctx, input in, std::string user_id, std::string checked_hash) {
  auto found = co_await ctx.realm.accounts().find(user_id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  const bool same_password = found->has_value() && (*found)->password == checked_hash;
  if (!same_password || (*found)->profile.disabled() || !may_use_client(ctx, (*found)->profile)) {
    co_return co_await refuse_login(ctx, user_id, "changed meanwhile");
  }
  std::optional<outcome> entered =
      co_await enter(ctx, std::move((*found)->profile), keeps_logged_in(ctx, in), in.browser);
  if (!entered) co_return refuse(refusal::busy);
  co_return std::move(*entered);
}

task<outcome> check_and_sign_in(context ctx, input in, std::optional<account::known_user> found) {
  const bool has_password = found && found->password;
  const std::string hash = has_password ? *found->password : ctx.realm.passwords().decoy();
  const result<password::verdict> checked = co_await ctx.realm.passwords().verify(*in.password, hash);
  if (!checked) co_return ctx.fail("checking a password", checked.failure());

  if (!found) co_return co_await refuse_login(ctx, "", "unknown user");
  account::user user = std::move(found->profile);
  if (!has_password) co_return co_await refuse_login(ctx, user.id, "no password");
  if (!checked->unusable.empty()) report_unusable_hash(ctx, user.id, checked->unusable);
  if (!checked->matches) co_return co_await refuse_login(ctx, user.id, reason_of(*checked));
  if (user.disabled()) co_return co_await refuse_login(ctx, user.id, "disabled");
  if (!may_use_client(ctx, user)) co_return co_await refuse_login(ctx, user.id, "no administrator");
  if (requires_verified_email(ctx) && !user.email_verified()) {
    co_return co_await refuse_login(ctx, user.id, "e-mail not verified", refusal::email_unverified);
  }

  if (checked->outdated) co_await renew_hash(ctx, user.id, hash, *in.password);
  const std::string user_id = user.id;
  std::optional<outcome> entered = co_await enter(ctx, std::move(user), keeps_logged_in(ctx, in), in.browser);
  if (!entered) entered = co_await sign_in_again(ctx, in, user_id, hash);
  co_return std::move(*entered);
}

// Whether the password was right, also where the login was refused for another reason.
bool proved_password(const outcome& result) {
  const auto* rejection = std::get_if<refused>(&result);
  return rejection == nullptr || rejection->why == refusal::already_logged_in ||
         rejection->why == refusal::email_unverified || rejection->why == refusal::second_factor_needed;
}

// Who has not taken the second step has proved less than the account is his.
bool proved_all(const outcome& result) {
  const auto* rejection = std::get_if<refused>(&result);
  const bool needs_more = rejection != nullptr && rejection->why == refusal::second_factor_needed;
  return !needs_more && !std::holds_alternative<challenge>(result);
}

}  // namespace

task<outcome> login(context ctx, input in) {
  attempt tried = co_await admit_login(ctx, *in.email);
  if (tried.refused) co_return std::move(*tried.refused);

  auto found = co_await ctx.realm.accounts().find_by_login(*in.email);
  if (!found) {
    co_await give_back(ctx, std::move(tried));
    co_return ctx.fail("looking a user up", found.failure());
  }
  account::user user;
  if (*found) user = (*found)->profile;
  tried = co_await count_login_of(ctx, std::move(tried), *in.email, user.id);
  if (tried.refused) co_return std::move(*tried.refused);

  outcome result = co_await check_and_sign_in(ctx, in, std::move(*found));
  const bool was_right = proved_password(result);
  if (was_right || is_our_failure(result)) co_await give_back(ctx, std::move(tried));
  if (was_right && proved_all(result)) co_await remember_place(ctx, std::move(user));
  co_return result;
}

}  // namespace gatehouse::operation
