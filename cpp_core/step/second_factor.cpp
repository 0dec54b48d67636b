#include "step/second_factor.h"

#include <algorithm>

#include "factor/recovery_codes.h"
#include "factor/totp.h"
#include "gate/remembered_browser.h"
#include "step/failed_proof.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/passkey.h"
#include "step/pending_login.h"

namespace gatehouse::operation {

namespace {

using account::factor_standing;

bool is_exempt(const context& ctx) {
  const std::vector<std::string>& exempt = ctx.realm.settings().mfa_exempt;
  return std::ranges::find(exempt, ctx.asked_by.name) != exempt.end();
}

// In words that say where it works. Of the pages the address is configured, never the request's (REQUIREMENTS 56).
task<outcome> refuse_here(context ctx, std::string user_id) {
  const nlohmann::json detail = {{"reason", "second factor needed"}};
  co_await record_failed_proof(ctx, std::move(user_id), detail);
  refused rejection;
  rejection.why = refusal::second_factor_needed;
  const std::string url = ctx.realm.settings().login_url();
  if (!url.empty()) rejection.message = "This account needs a second factor; log in at " + url;
  co_return rejection;
}

bool remembers(const context& ctx, const secret& browser, const std::string& user_id, const factor_standing& standing) {
  const realm::settings& realm = ctx.realm.settings();
  const gate::remembered_browser what{realm.name, user_id, standing.version};
  return realm.mfa_remember && gate::is_remembered(*realm.keys, what, browser.reveal(), now_seconds());
}

task<outcome> begin_challenge(context ctx, account::user user, bool persistent, factor_standing standing) {
  pending_login login;
  login.user_id = user.id;
  login.auth_version = user.auth_version;
  login.client = ctx.asked_by.name;
  login.persistent = persistent;
  login.factor_version = standing.version;
  challenge asked;
  if (!standing.has_any()) {
    const result<unix_seconds> since = co_await ctx.realm.factors().ask(user.id);
    if (!since) co_return ctx.fail("asking for a second factor", since.failure());
    login.offer = offer_totp(ctx, user.id);
    login.may_postpone = now_seconds() < *since + ctx.realm.settings().mfa_grace.count();
    result<totp_offer> shown = totp_shown(ctx, *login.offer, user.id, user.email);
    if (!shown) co_return ctx.fail("offering a second factor", shown.failure());
    asked.offer = std::move(*shown);
    asked.may_postpone = login.may_postpone;
  }
  result<secret> token = co_await begin_pending(ctx, std::move(login));
  if (!token) co_return ctx.fail("beginning a challenge", token.failure());
  if (standing.passkeys > 0) {
    passkey_question question = question_of(*token);
    auto options = co_await ask_passkeys_of(ctx, user.id, std::move(question));
    if (!options) co_return ctx.fail("looking for passkeys", options.failure());
    asked.passkey = std::move(*options);
  }
  asked.token = std::move(*token);
  asked.standing = std::move(standing);
  co_return asked;
}

// With the key of today, if it was another one's.
std::optional<factor::sealed> reseal(const context& ctx, const account::totp_factor& each, const secret& key,
                                     const std::string& belongs_to) {
  const token::data_key* today = ctx.realm.settings().keys->sealing_key();
  if (today == nullptr || today->id == each.secret.key_id) return std::nullopt;
  return factor::seal(*today, key, belongs_to);
}

task<result<bool>> use_totp(context ctx, std::string user_id, secret code, account::source from) {
  const realm::settings& realm = ctx.realm.settings();
  const auto all = co_await ctx.realm.factors().totp_of(user_id);
  if (!all) co_return all.failure();
  for (const account::totp_factor& each : *all) {
    const std::string belongs_to = factor::sealed_for(realm.name, user_id, each.id);
    const result<secret> key = factor::open(*realm.keys, each.secret, belongs_to);
    if (!key) {
      ctx.report("factor " + each.id + " of user " + user_id + " cannot be used", key.failure());
      continue;
    }
    const std::optional<std::int64_t> step = factor::totp_match(*key, code.reveal(), now_seconds());
    if (!step) continue;
    std::optional<factor::sealed> resealed = reseal(ctx, each, *key, belongs_to);
    const result<bool> accepted =
        co_await ctx.realm.factors().accept_step(user_id, each.id, *step, std::move(resealed), from);
    if (!accepted || *accepted) co_return accepted;
  }
  co_return false;
}

task<result<bool>> use_recovery_code(context ctx, std::string user_id, secret code, account::source from) {
  const std::optional<secret> read = factor::read_recovery_code(code.reveal());
  if (!read) co_return false;
  std::string hash = factor::hash_recovery_code(user_id, *read);
  std::optional<account::mail_order> low = notice(ctx, account::letter::recovery_codes_low);
  const auto left =
      co_await ctx.realm.factors().use_recovery_code(std::move(user_id), std::move(hash), from, std::move(low));
  if (!left) co_return left.failure();
  co_return left->has_value();
}

}  // namespace

passkey_question question_of(const secret& pending_token) {
  passkey_question asked;
  asked.of = ceremony::second_factor;
  asked.subject = subject_of(pending_token);
  return asked;
}

task<std::optional<outcome>> enter(context ctx, account::user user, bool persistent, std::optional<secret> browser) {
  const realm::settings& realm = ctx.realm.settings();
  std::string amr(amr_password);
  if (realm.mfa == realm::mfa::off) co_return co_await sign_in(ctx, std::move(user), std::move(amr), persistent);

  auto standing = co_await ctx.realm.factors().standing_of(user.id);
  if (!standing) co_return ctx.fail("looking for second factors", standing.failure());
  if (!standing->has_value()) co_return std::nullopt;
  const bool is_asked = (*standing)->has_any() || realm.mfa == realm::mfa::required;
  const bool is_remembered = browser && (*standing)->has_any() && remembers(ctx, *browser, user.id, **standing);
  if (!is_asked || is_exempt(ctx) || is_remembered)
    co_return co_await sign_in(ctx, std::move(user), std::move(amr), persistent);
  if (!ctx.asked_by.answers_challenges) co_return co_await refuse_here(ctx, std::move(user.id));
  co_return co_await begin_challenge(ctx, std::move(user), persistent, std::move(**standing));
}

task<std::optional<outcome>> check_code(context ctx, std::string user_id, secret code, std::string session_id) {
  const account::source from = source_of(ctx, session_id);
  const bool is_totp = factor::is_totp_code(code.reveal());
  result<bool> used = false;
  if (is_totp) {
    used = co_await use_totp(ctx, user_id, std::move(code), from);
  } else {
    used = co_await use_recovery_code(ctx, user_id, std::move(code), from);
  }
  if (!used) co_return ctx.fail("checking a second factor", used.failure());
  if (*used) co_return std::nullopt;
  co_return co_await refuse_code(std::move(ctx), std::move(user_id), std::move(session_id));
}

bool was_wrong_factor(const outcome& result) {
  const auto* rejection = std::get_if<refused>(&result);
  return rejection != nullptr && (rejection->why == refusal::bad_code || rejection->why == refusal::bad_passkey);
}

task<outcome> refuse_code(context ctx, std::string user_id, std::string session_id) {
  const nlohmann::json detail = {{"reason", "wrong code"}};
  co_await record_failed_proof(std::move(ctx), std::move(user_id), detail, std::move(session_id));
  co_return refuse(refusal::bad_code);
}

}  // namespace gatehouse::operation
