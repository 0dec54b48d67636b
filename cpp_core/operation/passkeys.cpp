#include "operation/passkeys.h"

#include "base/text.h"
#include "base/uuid.h"
#include "operation/factors.h"
#include "step/failed_proof.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/passkey.h"
#include "step/second_factor.h"
#include "step/throttle.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

constexpr std::string_view default_name = "Passkey";

// Why who has shown a good passkey is not let in; nullopt: he is.
task<std::optional<outcome>> refuse_entry(context ctx, account::user user) {
  const char* reason = nullptr;
  refusal why = refusal::bad_passkey;
  if (user.disabled()) reason = "disabled";
  if (ctx.asked_by.admins_only && !user.has_role("admin")) reason = "no administrator";
  if (reason == nullptr && requires_verified_email(ctx) && !user.email_verified()) {
    reason = "e-mail not verified";
    why = refusal::email_unverified;
  }
  if (reason == nullptr) co_return std::nullopt;
  const nlohmann::json detail = {{"reason", reason}};
  co_await record_failed_proof(std::move(ctx), std::move(user.id), detail);
  co_return refuse(why);
}

task<outcome> check_and_enter(context ctx, input in, std::string user_id) {
  passkey_question asked;
  asked.of = ceremony::login;
  asked.subject = in.asked_browser.value_or("");
  asked.must_verify = true;
  passkey_answer answer = co_await check_passkey(ctx, in, user_id, std::move(asked));
  if (answer.refused) co_return std::move(*answer.refused);
  auto found = co_await ctx.realm.accounts().find(user_id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::bad_passkey);
  account::user user = std::move((*found)->profile);
  std::optional<outcome> rejection = co_await refuse_entry(ctx, user);
  if (rejection) co_return std::move(*rejection);
  std::string amr(amr_passkey);
  const bool persistent = keeps_logged_in(ctx, in);
  std::optional<outcome> entered = co_await sign_in(ctx, user, std::move(amr), persistent);
  if (!entered) co_return refuse(refusal::busy);  // changed within these milliseconds
  if (std::holds_alternative<signed_in>(*entered)) co_await remember_place(ctx, std::move(user));
  co_return std::move(*entered);
}

}  // namespace

task<outcome> offer_passkey(context ctx, input in) {
  if (!ctx.realm.settings().offers_passkeys()) co_return refuse(refusal::factors_off);
  proof owner = co_await prove_password(ctx, in);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);
  const auto& user = std::get<account::user>(owner);
  const auto existing = co_await ctx.realm.factors().passkeys_of(user.id);
  if (!existing) co_return ctx.fail("looking for passkeys", existing.failure());
  const std::string challenge =
      make_passkey_challenge(ctx.realm.settings(), ceremony::registration, in.bearer->session_id());
  passkey_options options;
  options.public_key = passkey_creation(ctx.realm.settings(), user, challenge, *existing);
  co_return options;
}

task<outcome> add_passkey(context ctx, input in) {
  if (!ctx.realm.settings().offers_passkeys()) co_return refuse(refusal::factors_off);
  std::string name(in.name ? trim_spaces(*in.name) : default_name);
  if (const char* fault = fault_of_label(name)) {
    std::vector<field_error> errors{{&input::name, fault}};
    co_return refuse_fields(std::move(errors));
  }
  passkey_registration checked = co_await check_registration(ctx, in, in.bearer->session_id());
  if (checked.refused) co_return std::move(*checked.refused);
  account::new_factor fresh;
  fresh.id = new_uuid();
  fresh.kind = account::factor_kind::passkey;
  fresh.name = std::move(name);
  fresh.passkey = std::move(checked.made);
  const account::source from = source_of(ctx, in.bearer->session_id());
  co_return co_await store_factor(std::move(ctx), in.bearer->user_id(), std::move(fresh), from);
}

task<outcome> ask_for_passkey(context ctx, input in) {
  if (!ctx.realm.settings().passkey_login) co_return refuse(refusal::not_found);
  const std::string challenge =
      make_passkey_challenge(ctx.realm.settings(), ceremony::login, in.asked_browser.value_or(""));
  passkey_options options;
  options.public_key = passkey_request(ctx.realm.settings(), challenge, true, {});
  co_return options;
}

task<outcome> login_with_passkey(context ctx, input in) {
  if (!ctx.realm.settings().passkey_login) co_return refuse(refusal::not_found);
  const std::optional<std::string> user_id = user_of_handle(in.user_handle.value_or(""));
  if (!user_id) co_return refuse(refusal::bad_passkey);
  attempt tried = co_await admit_login(ctx, *user_id);
  if (tried.refused) co_return std::move(*tried.refused);
  tried = co_await count_login_of(ctx, std::move(tried), *user_id, *user_id);
  if (tried.refused) co_return std::move(*tried.refused);
  outcome result = co_await check_and_enter(ctx, std::move(in), *user_id);
  if (!was_wrong_factor(result)) co_await give_back(ctx, std::move(tried));
  co_return result;
}

}  // namespace gatehouse::operation
