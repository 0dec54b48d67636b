#include "step/throttle.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/hex.h"
#include "base/text.h"
#include "limit/subscriber.h"
#include "step/refusal_audit.h"

namespace gatehouse::operation {

namespace {

// By what an attempt is counted beside the client's address.
struct subject {
  std::string account;
  std::string in_log;   // account_in_log()
  std::string place{};  // limit::bucket::exempt_if of the account; empty: none
};

bool is_counted(const std::optional<limit::rate>& rate) { return rate && !rate->off(); }

std::string account_of(const std::string& identifier) { return "identifier " + ascii_lower(identifier); }

// Not what admit_current_password() counts by: a stranger can fill this one.
std::string account_of_user(const std::string& user_id) { return "account " + user_id; }

std::string place_key(const context& ctx, const std::string& account) {
  return ctx.realm.limits().key("place", {account, limit::subscriber_of(ctx.address)});
}

// One bucket for each scope that counts attempts of this kind. `what`: the directive's name after "limit_".
std::vector<limit::bucket> buckets_of(const context& ctx, const std::string& what, const limit::allowance& allowed,
                                      const std::vector<subject>& of) {
  const limit::limiter& limits = ctx.realm.limits();
  const std::string network = limit::subscriber_of(ctx.address);
  std::vector<limit::bucket> buckets;
  for (const subject& each : of) {
    if (const auto& rate = allowed.account_address) {
      buckets.push_back({limits.key(what + ":account+address", {each.account, network}), *rate, ""});
    }
    if (const auto& rate = allowed.account) {
      buckets.push_back({limits.key(what + ":account", {each.account}), *rate, each.place});
    }
  }
  if (const auto& rate = allowed.address) buckets.push_back({limits.key(what + ":address", {network}), *rate, ""});
  if (const auto& rate = allowed.all) buckets.push_back({limits.key(what + ":all", {}), *rate, ""});
  return buckets;
}

// For the operator: which limit, and the key to delete should he want to lift it. Tools read it: the order stays.
error used_up(const std::string& what, const limit::verdict& said, const std::string& account,
              const std::string& address) {
  return {fault::overloaded, "limit_" + what + ": all of " + std::to_string(said.limit) + " are used up in " +
                                 said.tightest + " for another " + std::to_string(said.reset.count()) +
                                 " s, account: " + account + ", client: " + address};
}

task<attempt> admit(context ctx, std::string what, limit::allowance allowed, std::vector<subject> of) {
  std::vector<limit::bucket> buckets = buckets_of(ctx, what, allowed, of);
  result<limit::verdict> said = co_await ctx.realm.limits().take(std::move(buckets));
  attempt tried;
  if (!said) {
    tried.refused = ctx.fail("counting an attempt", said.failure());
  } else if (!said->admitted) {
    ctx.realm.counts().add(metrics::counter::attempts_refused);
    tried.refused = refuse_for_now(said->reset);
    std::string account = of.empty() ? "none" : std::move(of.front().in_log);
    co_await note_refusal(ctx, std::move(what), std::move(*said), std::move(account));
  } else {
    tried.counted = std::move(said->counted);
  }
  co_return tried;
}

bool counts_accounts(const limit::allowance& allowed) {
  return is_counted(allowed.account) || is_counted(allowed.account_address);
}

// The key that keeps whose an identifier is: a user's id, or that it is nobody's.
constexpr std::string_view nobody = "nobody";
std::string alias_key(const context& ctx, const std::string& identifier) {
  return ctx.realm.limits().key("alias", {account_of(identifier)});
}

// It is kept for as long as any count that it leads to.
seconds alias_lifetime(const limit::allowance& allowed) {
  const limit::rate none;
  return std::max({seconds(60), allowed.account.value_or(none).window, allowed.account_address.value_or(none).window});
}

// `user_id`: whose the identifier is; empty: nobody's.
task<attempt> admit_login_of(context ctx, std::string user_id, std::string identifier) {
  subject who;
  who.account = user_id.empty() ? account_of(identifier) : account_of_user(user_id);
  who.in_log = account_in_log(ctx, user_id, identifier);
  who.place = place_key(ctx, who.account);
  std::vector<subject> of{std::move(who)};
  co_return co_await admit(ctx, "logins", ctx.realm.settings().limits.logins, std::move(of));
}

std::string word_for(mail_wish what) {
  switch (what) {
    case mail_wish::reset:
      return "reset ";
    case mail_wish::verification:
      return "verify ";
    case mail_wish::registration:
      break;
  }
  return "register ";
}

// Requests do not count for `all`, which counts the mails that are sent (mail_allowance.h); otherwise requests for
// mails to nobody would stop everybody's.
limit::allowance asked_for(const context& ctx) {
  limit::allowance mails = ctx.realm.settings().limits.mails;
  mails.all.reset();
  return mails;
}

}  // namespace

task<attempt> admit_login(context ctx, std::string identifier) {
  attempt tried;
  std::string known_as;
  if (counts_accounts(ctx.realm.settings().limits.logins)) {
    result<std::string> recalled = co_await ctx.realm.limits().recall(alias_key(ctx, identifier));
    if (!recalled) {
      tried.refused = ctx.fail("counting an attempt", recalled.failure());
      co_return tried;
    }
    known_as = std::move(*recalled);
  }
  std::string user_id = known_as == nobody ? "" : known_as;
  tried = co_await admit_login_of(ctx, std::move(user_id), std::move(identifier));
  tried.known_as = std::move(known_as);
  co_return tried;
}

task<attempt> count_login_of(context ctx, attempt tried, std::string identifier, std::string user_id) {
  const limit::allowance& allowed = ctx.realm.settings().limits.logins;
  std::string whose = user_id.empty() ? std::string(nobody) : user_id;
  if (!counts_accounts(allowed) || tried.known_as == whose) co_return tried;
  co_await give_back(ctx, std::move(tried));
  const status remembered =
      co_await ctx.realm.limits().remember(alias_key(ctx, identifier), alias_lifetime(allowed), std::move(whose));
  if (!remembered) ctx.warn("remembering whose an identifier is", remembered.failure());
  co_return co_await admit_login_of(ctx, std::move(user_id), std::move(identifier));
}

task<done> remember_place(context ctx, account::user owner) {
  constexpr seconds known_for{90 * 24 * 3600};
  const limit::allowances& limits = ctx.realm.settings().limits;
  std::vector<std::string> places;
  if (is_counted(limits.logins.account)) places.push_back(place_key(ctx, account_of_user(owner.id)));
  if (is_counted(limits.mails.account)) places.push_back(place_key(ctx, account_of(owner.email)));
  for (std::string& place : places) {
    const status remembered = co_await ctx.realm.limits().remember(std::move(place), known_for);
    if (!remembered) ctx.warn("remembering where an account is used", remembered.failure());
  }
  co_return done{};
}

task<attempt> admit_current_password(context ctx, std::string user_id) {
  std::vector<subject> of{{"user " + user_id, account_in_log(ctx, user_id, "")}};
  co_return co_await admit(ctx, "logins", ctx.realm.settings().limits.logins, std::move(of));
}

task<attempt> admit_code(context ctx, std::string user_id) {
  co_return co_await admit_login_of(std::move(ctx), std::move(user_id), "");
}

task<attempt> admit_registration(context ctx, std::string email) {
  std::vector<subject> of{{"", account_in_log(ctx, "", email)}};  // nothing is counted by an account: there is none yet
  co_return co_await admit(ctx, "registrations", ctx.realm.settings().limits.registrations, std::move(of));
}

task<attempt> admit_mail(context ctx, mail_wish what, std::string email) {
  subject who;
  who.account = word_for(what) + account_of(email);
  who.in_log = account_in_log(ctx, "", email);
  who.place = place_key(ctx, account_of(email));
  std::vector<subject> of{std::move(who)};
  co_return co_await admit(ctx, "mails", asked_for(ctx), std::move(of));
}

task<attempt> admit_new_email(context ctx, std::string user_id, std::string email) {
  const std::string in_log = account_in_log(ctx, user_id, email);
  std::vector<subject> of{{"change user " + user_id, in_log}, {"change " + account_of(email), in_log}};
  co_return co_await admit(ctx, "mails", asked_for(ctx), std::move(of));
}

task<attempt> admit_token(context ctx) {
  std::vector<subject> nobody;
  co_return co_await admit(ctx, "tokens", ctx.realm.settings().limits.tokens, std::move(nobody));
}

task<attempt> admit_user_token(context ctx) {
  std::vector<subject> nobody;
  co_return co_await admit(ctx, "user_tokens", ctx.realm.settings().limits.user_tokens, std::move(nobody));
}

std::string account_in_log(const context& ctx, const std::string& user_id, const std::string& typed) {
  constexpr std::size_t hashed_bytes = 8;
  if (!user_id.empty()) return "user " + user_id;
  if (typed.empty()) return "none";
  // No token begins like this, so none can be forged by what is typed here.
  const std::string hash = ctx.realm.settings().keys->refresh_signing_key().sign("log: " + ascii_lower(typed));
  return "typed " + hex_encode(std::string_view(hash).substr(0, hashed_bytes));
}

task<done> note_refusal(context ctx, std::string what, limit::verdict said, std::string account) {
  ctx.report("refusing an attempt", used_up(what, said, account, ctx.address));
  const nlohmann::json about = about_refusal(what, said, account, ctx.address);
  const status noted = co_await ctx.realm.refusals().note(std::move(said.tightest), about.dump());
  if (!noted) ctx.warn("noting a refused attempt", noted.failure());
  co_return done{};
}

task<done> give_back(context ctx, attempt tried) {
  const status given = co_await ctx.realm.limits().give_back(std::move(tried.counted));
  if (!given) ctx.warn("taking back the count of an attempt", given.failure());
  co_return done{};
}

bool is_our_failure(const outcome& result) {
  const auto* rejection = std::get_if<refused>(&result);
  return rejection != nullptr && (rejection->why == refusal::busy || rejection->why == refusal::unavailable ||
                                  rejection->why == refusal::internal);
}

}  // namespace gatehouse::operation
