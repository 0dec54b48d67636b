#include "operation/challenge.h"

#include "factor/recovery_codes.h"
#include "gate/remembered_browser.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/passkey.h"
#include "step/pending_login.h"
#include "step/second_factor.h"
#include "step/throttle.h"

namespace gatehouse::operation {

namespace {

// What follows a right answer.
struct entry {
  account::user user;
  pending_login login;
  std::string amr;
  std::vector<secret> recovery_codes{};
  bool remembers_browser = false;
};

// What is to be kept in a browser that is not asked again. Empty: it cannot be said now.
task<std::string> browser_of(context ctx, std::string user_id) {
  const auto standing = co_await ctx.realm.factors().standing_of(user_id);
  if (!standing) ctx.warn("remembering a browser", standing.failure());
  if (!standing || !standing->has_value()) co_return std::string();
  const realm::settings& realm = ctx.realm.settings();
  const gate::remembered_browser what{realm.name, user_id, (*standing)->version};
  co_return gate::remember_browser(*realm.keys, what, now_seconds() + realm.mfa_remember->count());
}

task<outcome> end_login(context ctx, secret token, entry with) {
  const result<bool> is_first = co_await take_pending(ctx, std::move(token));
  if (!is_first) co_return ctx.fail("ending a challenge", is_first.failure());
  if (!*is_first) co_return refuse(refusal::challenge_lost);
  std::optional<outcome> entered = co_await sign_in(ctx, with.user, std::move(with.amr), with.login.persistent);
  if (!entered) co_return refuse(refusal::challenge_lost);  // changed by somebody within these milliseconds
  auto* session = std::get_if<signed_in>(&*entered);
  if (session == nullptr) co_return std::move(*entered);
  session->recovery_codes = std::move(with.recovery_codes);
  if (with.remembers_browser) session->browser = co_await browser_of(ctx, with.user.id);
  co_return std::move(*entered);
}

// The user gets the factor that was offered with the challenge.
task<outcome> enrol(context ctx, input in, entry with) {
  const result<std::optional<std::int64_t>> step = confirm_totp(ctx, *with.login.offer, with.user.id, *in.code);
  if (!step) co_return ctx.fail("confirming a second factor", step.failure());
  if (!step->has_value()) co_return co_await refuse_code(ctx, with.user.id, "");

  account::new_factor fresh;
  fresh.id = with.login.offer->id;
  fresh.name = default_totp_name;
  fresh.data = with.login.offer->kept;
  fresh.last_step = **step;
  fresh.if_version = with.login.factor_version;
  std::vector<secret> codes = factor::new_recovery_codes();
  std::vector<std::string> hashes = factor::hash_recovery_codes(with.user.id, codes);
  const account::source from = source_of(ctx, "");
  std::optional<account::mail_order> told = notice(ctx, account::letter::factor_added);
  const auto added =
      co_await ctx.realm.factors().add(with.user.id, std::move(fresh), std::move(hashes), from, std::move(told));
  if (!added) co_return ctx.fail("storing a second factor", added.failure());
  const auto* made = std::get_if<account::factor_added>(&*added);
  if (made == nullptr) co_return refuse(refusal::challenge_lost);
  if (made->has_new_codes) with.recovery_codes = std::move(codes);
  with.amr = amr_password_and_code;
  co_return co_await end_login(ctx, *in.pending_token, std::move(with));
}

task<outcome> answer_by_passkey(context ctx, input in, entry with) {
  passkey_question asked = question_of(*in.pending_token);
  passkey_answer shown = co_await check_passkey(ctx, in, with.user.id, std::move(asked));
  if (shown.refused) co_return std::move(*shown.refused);
  with.amr = amr_password_and_passkey;
  co_return co_await end_login(ctx, *in.pending_token, std::move(with));
}

task<outcome> answer(context ctx, input in, entry with) {
  if (with.login.offer && in.code) co_return co_await enrol(ctx, in, std::move(with));
  if (in.credential_id) co_return co_await answer_by_passkey(ctx, in, std::move(with));
  if (!in.code) {
    std::vector<field_error> errors{{&input::code, "is required"}};
    co_return refuse_fields(std::move(errors));
  }
  std::optional<outcome> rejection = co_await check_code(ctx, with.user.id, *in.code, "");
  if (rejection) co_return std::move(*rejection);
  with.amr = amr_password_and_code;
  co_return co_await end_login(ctx, *in.pending_token, std::move(with));
}

// The user whose login waits, as long as what the first step has shown holds: it was shown for him as he was.
task<result<std::optional<account::user>>> find_owner(context ctx, pending_login login) {
  auto owner = co_await ctx.realm.accounts().find(login.user_id);
  if (!owner) co_return owner.failure();
  if (!owner->has_value()) co_return std::optional<account::user>();
  account::user user = std::move((*owner)->profile);
  if (user.disabled() || user.auth_version != login.auth_version) co_return std::optional<account::user>();
  co_return std::optional<account::user>(std::move(user));
}

}  // namespace

task<outcome> answer_challenge(context ctx, input in) {
  auto found = co_await try_pending(ctx, *in.pending_token);
  if (!found) co_return ctx.fail("reading a challenge", found.failure());
  if (!found->has_value()) co_return refuse(refusal::challenge_lost);
  entry with;
  with.login = std::move(**found);
  with.remembers_browser = ctx.realm.settings().mfa_remember && in.remember_browser == "yes";
  attempt tried = co_await admit_code(ctx, with.login.user_id);
  if (tried.refused) co_return std::move(*tried.refused);

  auto owner = co_await find_owner(ctx, with.login);
  outcome result = refuse(refusal::challenge_lost);
  if (!owner) result = ctx.fail("looking a user up", owner.failure());
  if (owner && owner->has_value()) {
    with.user = **owner;
    result = co_await answer(ctx, std::move(in), std::move(with));
  }
  if (!was_wrong_factor(result)) co_await give_back(ctx, std::move(tried));
  if (std::holds_alternative<signed_in>(result)) co_await remember_place(ctx, std::move(**owner));
  co_return result;
}

task<outcome> postpone_challenge(context ctx, input in) {
  auto found = co_await look_at_pending(ctx, *in.pending_token);
  if (!found) co_return ctx.fail("reading a challenge", found.failure());
  if (!found->has_value() || !(*found)->may_postpone) co_return refuse(refusal::challenge_lost);
  entry with;
  with.login = std::move(**found);
  auto owner = co_await find_owner(ctx, with.login);
  if (!owner) co_return ctx.fail("looking a user up", owner.failure());
  if (!owner->has_value()) co_return refuse(refusal::challenge_lost);
  with.user = **owner;
  with.amr = amr_password;
  outcome result = co_await end_login(ctx, *in.pending_token, std::move(with));
  if (std::holds_alternative<signed_in>(result)) co_await remember_place(ctx, std::move(**owner));
  co_return result;
}

task<outcome> look_at_challenge(context ctx, input in) {
  if (!in.pending_token) co_return refuse(refusal::challenge_lost);
  auto found = co_await look_at_pending(ctx, *in.pending_token);
  if (!found) co_return ctx.fail("reading a challenge", found.failure());
  if (!found->has_value()) co_return refuse(refusal::challenge_lost);
  const pending_login login = std::move(**found);
  const auto owner = co_await find_owner(ctx, login);
  if (!owner) co_return ctx.fail("looking a user up", owner.failure());
  if (!owner->has_value()) co_return refuse(refusal::challenge_lost);
  auto standing = co_await ctx.realm.factors().standing_of(login.user_id);
  if (!standing) co_return ctx.fail("looking for second factors", standing.failure());
  if (!standing->has_value()) co_return refuse(refusal::challenge_lost);

  challenge asked;
  asked.email = (*owner)->email;
  asked.standing = std::move(**standing);
  asked.may_postpone = login.may_postpone;
  if (asked.standing.passkeys > 0) {
    passkey_question question = question_of(*in.pending_token);
    auto options = co_await ask_passkeys_of(ctx, login.user_id, std::move(question));
    if (!options) co_return ctx.fail("looking for passkeys", options.failure());
    asked.passkey = std::move(*options);
  }
  if (login.offer) {
    result<totp_offer> shown = totp_shown(ctx, *login.offer, login.user_id, asked.email);
    if (!shown) co_return ctx.fail("offering a second factor", shown.failure());
    asked.offer = std::move(*shown);
  }
  co_return asked;
}

task<outcome> answer_challenge_on_page(context ctx, input in) {
  if (!in.pending_token) co_return refuse(refusal::challenge_lost);
  outcome result;
  if (in.code || in.credential_id) {
    result = co_await answer_challenge(ctx, in);
  } else {
    std::vector<field_error> errors{{&input::code, "is required"}};
    result = refuse_fields(std::move(errors));
  }
  auto* rejection = std::get_if<refused>(&result);
  if (rejection == nullptr || rejection->why == refusal::challenge_lost) co_return result;
  outcome shown = co_await look_at_challenge(std::move(ctx), std::move(in));
  if (auto* asked = std::get_if<challenge>(&shown)) asked->trouble = std::move(*rejection);
  co_return shown;
}

task<outcome> postpone_challenge_on_page(context ctx, input in) {
  if (!in.pending_token) co_return refuse(refusal::challenge_lost);
  co_return co_await postpone_challenge(std::move(ctx), std::move(in));
}

}  // namespace gatehouse::operation
