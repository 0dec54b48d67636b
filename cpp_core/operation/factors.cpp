#include "operation/factors.h"

#include "base/hex.h"
#include "base/sha256.h"
#include "base/text.h"
#include "factor/recovery_codes.h"
#include "step/current_password.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/totp_offer.h"
#include "step/validate.h"

namespace gatehouse::operation {

task<proof> prove_password(context ctx, input in) {
  if (!in.current_password) {
    std::vector<field_error> errors{{&input::current_password, "is required"}};
    co_return refuse_fields(std::move(errors));
  }
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value() || (*found)->profile.disabled()) co_return refuse(refusal::bad_bearer);
  std::optional<outcome> rejection = co_await check_current_password(ctx, in, std::move((*found)->password));
  if (rejection) co_return std::move(*rejection);
  co_return std::move((*found)->profile);
}

namespace {

// An offer belongs to its user, so that its id is no secret.
std::string pending_hash(const std::string& user_id, const std::string& factor_id) {
  const sha256_digest digest = sha256_hasher()("factor " + factor_id + " of " + user_id);
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::optional<outcome> refuse_label(const std::string& name) {
  const char* fault = fault_of_label(name);
  if (fault == nullptr) return std::nullopt;
  std::vector<field_error> errors{{&input::name, fault}};
  return refuse_fields(std::move(errors));
}

}  // namespace

task<outcome> store_factor(context ctx, std::string user_id, account::new_factor fresh, account::source from) {
  std::vector<secret> codes = factor::new_recovery_codes();
  std::vector<std::string> hashes = factor::hash_recovery_codes(user_id, codes);
  std::optional<account::mail_order> told = notice(ctx, account::letter::factor_added);
  auto added =
      co_await ctx.realm.factors().add(std::move(user_id), std::move(fresh), std::move(hashes), from, std::move(told));
  if (!added) co_return ctx.fail("storing a second factor", added.failure());
  auto* stored = std::get_if<account::factor_added>(&*added);
  if (stored == nullptr) co_return refuse_message("There are as many as there may be; remove one first");
  factor_made made;
  made.about = std::move(stored->about);
  if (stored->has_new_codes) made.recovery_codes = std::move(codes);
  co_return made;
}

task<outcome> list_factors(context ctx, input in) {
  const std::string user_id = in.bearer->user_id();
  auto found = co_await ctx.realm.factors().list(user_id);
  if (!found) co_return ctx.fail("listing second factors", found.failure());
  const auto standing = co_await ctx.realm.factors().standing_of(user_id);
  if (!standing) co_return ctx.fail("looking for second factors", standing.failure());
  factor_list all;
  all.factors = std::move(*found);
  if (standing->has_value()) all.recovery_codes = (*standing)->recovery_codes;
  co_return all;
}

task<outcome> offer_totp_factor(context ctx, input in) {
  if (!ctx.realm.settings().offers_totp()) co_return refuse(refusal::factors_off);
  std::string name(in.name ? trim_spaces(*in.name) : default_totp_name);
  std::optional<outcome> misnamed = refuse_label(name);
  if (misnamed) co_return std::move(*misnamed);
  proof owner = co_await prove_password(ctx, in);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  const auto& user = std::get<account::user>(owner);
  const offered_totp offered = offer_totp(ctx, user.id);
  const nlohmann::json about = {{"for", "factor"}, {"name", name}, {"offer", to_json(offered)}};
  std::string hash = pending_hash(user.id, offered.id);
  std::string text = about.dump();
  const status begun = co_await ctx.realm.pending().begin(std::move(hash), std::move(text));
  if (!begun) co_return ctx.fail("offering a second factor", begun.failure());
  result<totp_offer> shown = totp_shown(ctx, offered, user.id, user.email);
  if (!shown) co_return ctx.fail("offering a second factor", shown.failure());
  co_return std::move(*shown);
}

task<outcome> confirm_totp_factor(context ctx, input in) {
  const std::string user_id = in.bearer->user_id();
  const std::string hash = pending_hash(user_id, *in.id);
  const auto found = co_await ctx.realm.pending().attempt(hash);
  if (!found) co_return ctx.fail("confirming a second factor", found.failure());
  if (!found->has_value()) co_return refuse(refusal::offer_lost);
  const nlohmann::json about = nlohmann::json::parse(**found);
  const std::optional<offered_totp> offered = offered_in(about.at("offer"));
  if (!offered) co_return refuse(refusal::offer_lost);

  const result<std::optional<std::int64_t>> step = confirm_totp(ctx, *offered, user_id, *in.code);
  if (!step) co_return ctx.fail("confirming a second factor", step.failure());
  if (!step->has_value()) co_return refuse(refusal::bad_code);
  const result<bool> is_first = co_await ctx.realm.pending().take(hash);
  if (!is_first) co_return ctx.fail("confirming a second factor", is_first.failure());
  if (!*is_first) co_return refuse(refusal::offer_lost);

  account::new_factor fresh;
  fresh.id = offered->id;
  fresh.name = about.at("name").get<std::string>();
  fresh.data = offered->kept;
  fresh.last_step = **step;
  const account::source from = source_of(ctx, in.bearer->session_id());
  co_return co_await store_factor(std::move(ctx), user_id, std::move(fresh), from);
}

task<outcome> look_at_offer(context ctx, input in) {
  const std::string user_id = in.bearer->user_id();
  std::string hash = pending_hash(user_id, *in.id);
  const auto found = co_await ctx.realm.pending().look(std::move(hash));
  if (!found) co_return ctx.fail("offering a second factor", found.failure());
  if (!found->has_value()) co_return refuse(refusal::offer_lost);
  const std::optional<offered_totp> offered = offered_in(nlohmann::json::parse(**found).at("offer"));
  if (!offered) co_return refuse(refusal::offer_lost);
  result<totp_offer> shown = totp_shown(ctx, *offered, user_id, std::string(in.bearer->claim("email")));
  if (!shown) co_return ctx.fail("offering a second factor", shown.failure());
  co_return std::move(*shown);
}

task<outcome> rename_factor(context ctx, input in) {
  std::string name(trim_spaces(*in.name));
  std::optional<outcome> misnamed = refuse_label(name);
  if (misnamed) co_return std::move(*misnamed);
  proof owner = co_await prove_password(ctx, in);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  const account::source from = source_of(ctx, in.bearer->session_id());
  std::optional<account::mail_order> told = notice(ctx, account::letter::factor_renamed);
  const result<bool> renamed = co_await ctx.realm.factors().rename(in.bearer->user_id(), std::move(*in.id),
                                                                   std::move(name), from, std::move(told));
  if (!renamed) co_return ctx.fail("renaming a second factor", renamed.failure());
  if (!*renamed) co_return refuse(refusal::not_found);
  co_return factor_changed();
}

task<outcome> remove_factor(context ctx, input in) {
  proof owner = co_await prove_password(ctx, in);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  const bool keeps_last = ctx.realm.settings().mfa == realm::mfa::required;
  const account::source from = source_of(ctx, in.bearer->session_id());
  std::optional<account::mail_order> told = notice(ctx, account::letter::factor_removed);
  const result<account::factor_removal> removed =
      co_await ctx.realm.factors().remove(in.bearer->user_id(), std::move(*in.id), keeps_last, from, std::move(told));
  if (!removed) co_return ctx.fail("removing a second factor", removed.failure());
  if (*removed == account::factor_removal::absent) co_return refuse(refusal::not_found);
  if (*removed == account::factor_removal::last) co_return refuse(refusal::last_factor);
  co_return factor_changed();
}

task<outcome> make_recovery_codes(context ctx, input in) {
  proof owner = co_await prove_password(ctx, in);
  if (auto* rejection = std::get_if<outcome>(&owner)) co_return std::move(*rejection);

  const std::string user_id = in.bearer->user_id();
  recovery_codes_made made;
  made.codes = factor::new_recovery_codes();
  std::vector<std::string> hashes = factor::hash_recovery_codes(user_id, made.codes);
  const account::source from = source_of(ctx, in.bearer->session_id());
  std::optional<account::mail_order> told = notice(ctx, account::letter::recovery_codes_made);
  const result<bool> stored =
      co_await ctx.realm.factors().replace_recovery_codes(user_id, std::move(hashes), from, std::move(told));
  if (!stored) co_return ctx.fail("storing recovery codes", stored.failure());
  if (!*stored) co_return refuse(refusal::no_factor);
  co_return made;
}

}  // namespace gatehouse::operation
