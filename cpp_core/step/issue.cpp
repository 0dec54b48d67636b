#include "step/issue.h"

#include <algorithm>

#include "base/text.h"
#include "step/failed_proof.h"
#include "step/letters.h"
#include "step/session_handle.h"
#include "token/access_token.h"

namespace gatehouse::operation {

namespace {

// What the guard needs of a user, whatever the dialect.
nlohmann::json common_claims(const context& ctx, const account::user& user, const session::head& head) {
  nlohmann::json claims = {{"client_id", ctx.asked_by.name},  // RFC 9068 §2.2
                           {"name", user.name},
                           {"email", user.email},
                           {"email_verified", user.email_verified()},
                           {"roles", user.roles},
                           {"auth_time", head.auth_time},
                           {"amr", split_words(head.amr)},  // RFC 8176
                           {"session_expires", head.created_at + lifetimes_of(ctx).absolute.count()}};
  if (user.username) claims["preferred_username"] = *user.username;
  return claims;
}

}  // namespace

std::optional<token::refresh_claims> verified_refresh_token(const context& ctx, const secret& presented) {
  const realm::settings& realm = ctx.realm.settings();
  auto claims = token::verify_refresh(*realm.keys, token::refresh_token(presented.reveal()), realm.issuer,
                                      realm.audience, now_seconds());
  if (!claims || (!claims->host.empty() && claims->host != ctx.host)) return std::nullopt;
  return std::move(*claims);
}

account::source source_of(const context& ctx, std::string session_id) {
  account::source from;
  from.address = ctx.address;
  from.user_agent = ctx.user_agent;
  from.session_id = std::move(session_id);
  return from;
}

session::lifetimes lifetimes_of(const context& ctx) {
  const realm::settings& realm = ctx.realm.settings();
  session::lifetimes lasting;
  lasting.access = realm.access_lifetime.value_or(ctx.asked_by.access_lifetime);
  lasting.idle = realm.refresh_lifetime.value_or(ctx.asked_by.refresh_lifetime);
  lasting.absolute = realm.session_lifetime;
  lasting.grace = realm.refresh_grace;
  return lasting;
}

issued_tokens issue_tokens(const context& ctx, const account::user& user, const session::head& head) {
  const realm::settings& realm = ctx.realm.settings();

  nlohmann::json claims = common_claims(ctx, user, head);
  claims.update(ctx.asked_by.claims(user));
  if (!head.host.empty()) claims["host"] = head.host;

  issued_tokens tokens;
  // Not beyond the session's own end (REQUIREMENTS 32).
  tokens.access_expires_at = std::min(head.now + lifetimes_of(ctx).access.count(), head.expires_at);
  tokens.access = secret(token::mint_access(*realm.keys, realm.issuer, realm.audience, user.id, head.sid,
                                            head.auth_version, head.now, tokens.access_expires_at, claims));

  tokens.session_id = head.sid;
  tokens.persistent = head.persistent;
  tokens.refresh_expires_at = head.expires_at;
  if (keeps_handle(ctx.asked_by)) return tokens;

  token::refresh_claims generation;
  generation.subject = head.user_id;
  generation.session_id = head.sid;
  generation.generation = head.generation;
  generation.issued_at = head.issued_at;
  generation.expires_at = head.expires_at;
  generation.key_id = head.key_id;
  generation.seat = head.seat;
  generation.host = head.host;
  tokens.refresh = secret(token::mint_refresh(*realm.keys, generation, realm.issuer, realm.audience));
  return tokens;
}

std::optional<outcome> refuse_unkeepable(const context& ctx, const account::user& user, const issued_tokens& tokens) {
  const std::string_view access = tokens.access.reveal();
  if (!ctx.asked_by.keeps_tokens_in_cookies || ctx.realm.settings().cookies->fits(access)) return std::nullopt;
  ctx.warn(
      "giving user " + user.id + " an access token",
      error{fault::invalid, "it has " + std::to_string(access.size()) +
                                " bytes, more than browsers keep in two cookies; give them fewer or shorter roles"});
  return refuse(refusal::token_too_large);
}

std::vector<std::string> session_cookies(const gate::cookie_pair& cookies, const issued_tokens& tokens) {
  std::vector<std::string> headers =
      cookies.set_access(tokens.access.reveal(), cookie_lifetime(tokens, tokens.access_expires_at));
  if (!tokens.refresh.empty()) {
    headers.push_back(cookies.set_refresh(tokens.refresh.reveal(), cookie_lifetime(tokens, tokens.refresh_expires_at)));
  }
  return headers;
}

std::optional<seconds> cookie_lifetime(const issued_tokens& tokens, unix_seconds expires_at) {
  return tokens.persistent ? std::optional(seconds(expires_at - now_seconds())) : std::nullopt;
}

bool keeps_logged_in(const context& ctx, const input& in) {
  const realm::remember said = ctx.realm.settings().remember;
  if (said != realm::remember::ask) return said == realm::remember::on;
  if (in.remember) return *in.remember == "yes";
  return ctx.asked_by.keeps_unasked && !in.remember_asked;  // a box that is not ticked is not sent
}

namespace {

session::policy policy_of(const context& ctx) {
  const bool may_again = ctx.realm.settings().second_login && ctx.asked_by.policy == session::policy::single;
  return may_again ? session::policy::fixed : ctx.asked_by.policy;
}

task<outcome> refuse_second_login(context ctx, std::string user_id) {
  const nlohmann::json detail = {{"reason", "logged in already"}};
  co_await record_failed_proof(std::move(ctx), std::move(user_id), detail);
  co_return refuse(refusal::already_logged_in);
}

}  // namespace

task<std::optional<outcome>> sign_in(context ctx, account::user user, std::string amr, bool persistent) {
  session::opening opening;
  opening.user_id = user.id;
  opening.auth_version = user.auth_version;
  opening.user_json = account::to_json(user);
  opening.client = ctx.asked_by.name;
  opening.policy = policy_of(ctx);
  opening.lifetimes = lifetimes_of(ctx);
  opening.address = ctx.address;
  opening.user_agent = ctx.user_agent;
  opening.amr = std::move(amr);
  opening.persistent = persistent;
  opening.key_id = ctx.realm.settings().keys->refresh_signing_key().id();
  secret handle;
  if (keeps_handle(ctx.asked_by)) {
    handle = new_handle(ctx.asked_by);
    opening.alias = alias_of(handle);
  }

  auto opened = co_await ctx.realm.sessions().open(std::move(opening));
  if (!opened) co_return ctx.fail("opening a session", opened.failure());
  if (std::holds_alternative<session::stale_auth_version>(*opened)) co_return std::nullopt;
  if (std::holds_alternative<session::already_open>(*opened)) co_return co_await refuse_second_login(ctx, user.id);

  const auto& head = std::get<session::head>(*opened);
  ctx.realm.counts().add(metrics::counter::logins_succeeded);
  const account::source from = source_of(ctx, head.sid);
  std::optional<account::mail_order> told = notice(ctx, account::letter::new_login);
  const result<bool> recorded = co_await ctx.realm.accounts().record_login(user.id, from, std::move(told));
  if (!recorded) ctx.warn("recording a login", recorded.failure());

  signed_in in;
  in.tokens = issue_tokens(ctx, user, head);
  in.tokens.handle = std::move(handle);
  if (std::optional<outcome> refusal = refuse_unkeepable(ctx, user, in.tokens)) {
    const auto ended = co_await ctx.realm.sessions().end(head.sid, user.id);
    if (!ended) ctx.warn("ending a session", ended.failure());
    co_return refusal;
  }
  in.user = std::move(user);
  co_return in;
}

}  // namespace gatehouse::operation
