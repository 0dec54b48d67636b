#include "operation/verify_email.h"

#include "step/issue.h"
#include "step/letters.h"
#include "step/link_use.h"
#include "step/revoke.h"
#include "step/throttle.h"
#include "step/validate.h"

namespace gatehouse::operation {

task<outcome> verify_email(context ctx, input in) {
  const account::source from = source_of(ctx, "");
  std::optional<account::mail_order> to_old = notice(ctx, account::letter::email_changed);
  attempt tried = co_await admit_token(ctx);
  if (tried.refused) co_return std::move(*tried.refused);
  auto used = co_await ctx.realm.links().verify(*in.link_token, std::move(to_old), from);
  if (used && std::holds_alternative<account::dead_link>(*used)) {
    co_return co_await refuse_link(ctx, std::get<account::dead_link>(*used));
  }
  co_await give_back(ctx, std::move(tried));
  if (!used) co_return ctx.fail("verifying an e-mail", used.failure());
  if (std::holds_alternative<account::email_taken>(*used)) co_return refuse(refusal::email_taken);

  auto& used_link = std::get<account::link_used>(*used);
  account::revocation all;
  all.outbox_id = used_link.outbox_id;
  all.user_id = used_link.profile.id;
  all.least_auth_version = used_link.profile.auth_version;
  all.what = account::revocation::effect::expire;
  co_await revoke_or_leave(ctx, std::move(all));
  co_await remember_place(ctx, used_link.profile);
  email_verified shown;
  shown.user = std::move(used_link.profile);
  co_return shown;
}

task<outcome> resend_verification(context ctx, input in) {
  if (!ctx.realm.settings().smtp) co_return refuse(refusal::mail_off);
  if (!verifies_email(ctx)) co_return refuse(refusal::verification_off);
  std::string email = in.email.value_or("");
  if (!in.email) {
    auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
    if (!found) co_return ctx.fail("looking a user up", found.failure());
    if (!found->has_value()) co_return refuse(refusal::bad_bearer);
    email = (*found)->profile.email;
  }
  validation checks;
  const std::optional<account::email> address = checks.check_email(email);
  if (!address && ctx.asked_by.takes_any_address) co_return mail_sent();
  if (!address) co_return refuse_fields(std::move(checks).errors());

  co_return co_await request_link(ctx, *address, mail_wish::verification, "verification_requested");
}

}  // namespace gatehouse::operation
