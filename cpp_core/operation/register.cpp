#include "operation/register.h"

#include "step/issue.h"
#include "step/letters.h"
#include "step/second_factor.h"
#include "step/throttle.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

const std::string& name_of(const input& in) { return in.name ? *in.name : *in.username; }

// Creates the account or, if the e-mail is taken, writes to its owner. The answer is the same for both.
task<outcome> create_quietly(context ctx, account::new_user fresh, std::string hash) {
  const account::source from = source_of(ctx, "");
  account::mail_order greeting = link_letter(ctx, account::letter::verify);
  std::optional<account::mail_order> to_owner = notice(ctx, account::letter::already_registered);
  const status created = co_await ctx.realm.accounts().create_quietly(std::move(fresh), std::move(hash), from,
                                                                      std::move(greeting), std::move(*to_owner));
  if (!created) co_return ctx.fail("creating an account", created.failure());
  co_return verification_sent();
}

// Makes the account for input that was checked, and signs the user in if he may log in already.
task<outcome> create_account(context ctx, input in, account::email address) {
  // Asks Redis first, so that no account is made whose user could not be signed in.
  const result<done> alive = co_await ctx.realm.sessions().ping();
  if (!alive) co_return ctx.fail("asking Redis before a registration", alive.failure());

  result<std::string> hash = co_await ctx.realm.passwords().hash(*in.password);
  if (!hash) co_return ctx.fail("hashing a password", hash.failure());

  account::new_user fresh{std::move(address), name_of(in), in.username, in.given_name};
  if (in.metadata) fresh.metadata = *in.metadata;
  if (requires_verified_email(ctx) && !ctx.asked_by.reveals_taken) {
    co_return co_await create_quietly(ctx, std::move(fresh), std::move(*hash));
  }
  const account::source from = source_of(ctx, "");
  std::optional<account::mail_order> greeting;
  if (verifies_email(ctx)) greeting = link_letter(ctx, account::letter::verify);
  auto created = co_await ctx.realm.accounts().create(std::move(fresh), std::move(*hash), from, std::move(greeting));
  if (!created) co_return ctx.fail("creating an account", created.failure());
  if (const auto* value = std::get_if<account::taken>(&*created)) {
    co_return refuse(*value == account::taken::email ? refusal::email_taken : refusal::username_taken);
  }
  auto& user = std::get<account::user>(*created);
  if (!ctx.asked_by.register_signs_in) {
    profile registered;
    registered.user = std::move(user);
    co_return registered;
  }
  if (requires_verified_email(ctx)) co_return verification_sent();
  std::optional<outcome> entered = co_await enter(ctx, std::move(user), keeps_logged_in(ctx, in), std::nullopt);
  if (!entered) co_return refuse(refusal::bad_credentials);  // changed by somebody within these milliseconds
  co_return std::move(*entered);
}

}  // namespace

task<outcome> register_account(context ctx, input in) {
  const realm::settings& realm = ctx.realm.settings();
  if (realm.registration == realm::registration::closed) co_return refuse(refusal::registration_closed);

  validation checks;
  if (in.name) checks.check_name(*in.name);
  if (in.username) checks.check_username(*in.username);
  if (in.metadata) checks.check_metadata(*in.metadata);
  const std::optional<account::email> address = checks.check_email(*in.email);
  checks.check_password(realm, in, name_of(in), *in.email, in.username.value_or(""));
  if (checks.failed()) co_return refuse_fields(std::move(checks).errors());
  if (!realm.may_register(*address)) co_return refuse(refusal::registration_closed);

  attempt tried = co_await admit_registration(ctx, *in.email);
  if (tried.refused) co_return std::move(*tried.refused);
  attempt mailed;
  if (requires_verified_email(ctx)) {  // somebody gets a mail, whoever it is
    mailed = co_await admit_mail(ctx, mail_wish::registration, *in.email);
    if (mailed.refused) co_return std::move(*mailed.refused);
  }
  outcome result = co_await create_account(ctx, in, *address);
  if (is_our_failure(result)) {
    co_await give_back(ctx, std::move(tried));
    co_await give_back(ctx, std::move(mailed));
  }
  if (const auto* registered = std::get_if<signed_in>(&result)) co_await remember_place(ctx, registered->user);
  if (const auto* registered = std::get_if<profile>(&result)) co_await remember_place(ctx, registered->user);
  co_return result;
}

}  // namespace gatehouse::operation
