#include "operation/manage_users.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

// What was typed is right.
task<outcome> store_user(context ctx, input in, account::email address) {
  result<std::string> hash = co_await ctx.realm.passwords().hash(*in.password);
  if (!hash) co_return ctx.fail("hashing a password", hash.failure());

  account::new_user fresh{std::move(address), *in.name, std::nullopt};
  if (in.metadata) fresh.metadata = *in.metadata;
  fresh.active = in.is_active.value_or(true);
  std::optional<account::mail_order> greeting;
  if (verifies_email(ctx) && fresh.active) greeting = link_letter(ctx, account::letter::verify);
  const account::source from = source_of(ctx, in.bearer->session_id());
  auto created = co_await ctx.realm.accounts().create(std::move(fresh), std::move(*hash), from, std::move(greeting));
  if (!created) co_return ctx.fail("creating an account", created.failure());
  if (std::holds_alternative<account::taken>(*created)) co_return refuse(refusal::email_taken);
  profile shown;
  shown.user = std::move(std::get<account::user>(*created));
  shown.session_id = in.bearer->session_id();
  co_return shown;
}

}  // namespace

task<outcome> create_user(context ctx, input in) {
  if (!in.bearer->has_role("admin")) co_return refuse(refusal::forbidden);
  validation checks;
  checks.check_name(*in.name);
  if (in.metadata) checks.check_metadata(*in.metadata);
  std::optional<account::email> address = checks.check_email(*in.email);
  checks.check_password(ctx.realm.settings(), in, *in.name, *in.email, "");
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());
  co_return co_await store_user(ctx, std::move(in), std::move(*address));
}

}  // namespace gatehouse::operation
