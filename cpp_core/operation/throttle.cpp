#include "operation/throttle.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "limit/network.h"

namespace gatehouse::operation {

namespace {

// By what an attempt is counted beside the client's address.
struct subject {
  std::string account;
  std::string place{};  // limit::bucket::exempt_if of the account; empty: none
};

bool is_counted(const std::optional<limit::rate>& rate) { return rate && !rate->off(); }

std::string account_of(const std::string& identifier) { return "identifier " + ascii_lower(identifier); }

std::string place_key(const context& ctx, const std::string& account) {
  return ctx.realm.limits().key("place", {account, limit::network_of(ctx.address)});
}

// One bucket for each scope that counts attempts of this kind. `what`: the directive's name after "limit_".
std::vector<limit::bucket> buckets_of(const context& ctx, const std::string& what, const limit::allowance& allowed,
                                      const std::vector<subject>& of) {
  const limit::limiter& limits = ctx.realm.limits();
  const std::string network = limit::network_of(ctx.address);
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

// For the operator: which limit, and the key to delete should he want to lift it.
error used_up(const std::string& what, const limit::verdict& no, const std::string& address) {
  return {fault::overloaded, "limit_" + what + ": all of " + std::to_string(no.limit) + " are used up in " +
                                 no.tightest + " for another " + std::to_string(no.reset.count()) +
                                 " s, client: " + address};
}

task<attempt> admit(context ctx, std::string what, limit::allowance allowed, std::vector<subject> of) {
  std::vector<limit::bucket> buckets = buckets_of(ctx, what, allowed, of);
  result<limit::verdict> said = co_await ctx.realm.limits().take(std::move(buckets));
  attempt tried;
  if (!said) {
    tried.refused = ctx.fail("counting an attempt", said.failure());
  } else if (!said->admitted) {
    ctx.warn("refusing an attempt", used_up(what, *said, ctx.address));
    tried.refused = refuse_for_now(said->reset);
  } else {
    tried.counted = std::move(said->counted);
  }
  co_return tried;
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

// `all` counts what is sent (mail_allowance.h): else whoever asks for mails to nobody would stop everybody's.
limit::allowance asked_for(const context& ctx) {
  limit::allowance mails = ctx.realm.settings().limits.mails;
  mails.all.reset();
  return mails;
}

}  // namespace

task<attempt> admit_login(context ctx, std::string identifier) {
  std::string account = account_of(identifier);
  std::string place = place_key(ctx, account);
  std::vector<subject> of{{std::move(account), std::move(place)}};
  co_return co_await admit(ctx, "logins", ctx.realm.settings().limits.logins, std::move(of));
}

task<done> remember_place(context ctx, std::string identifier) {
  constexpr seconds known_for{90 * 24 * 3600};
  const limit::allowances& limits = ctx.realm.settings().limits;
  if (!is_counted(limits.logins.account) && !is_counted(limits.mails.account)) co_return done{};
  std::string place = place_key(ctx, account_of(identifier));
  const status remembered = co_await ctx.realm.limits().remember(std::move(place), known_for);
  if (!remembered) ctx.warn("remembering where an account is used", remembered.failure());
  co_return done{};
}

task<attempt> admit_current_password(context ctx, std::string user_id) {
  std::vector<subject> of{{"user " + user_id}};
  co_return co_await admit(ctx, "logins", ctx.realm.settings().limits.logins, std::move(of));
}

task<attempt> admit_registration(context ctx) {
  std::vector<subject> nobody;
  co_return co_await admit(ctx, "registrations", ctx.realm.settings().limits.registrations, std::move(nobody));
}

task<attempt> admit_mail(context ctx, mail_wish what, std::string email) {
  std::vector<subject> of{{word_for(what) + account_of(email), place_key(ctx, account_of(email))}};
  co_return co_await admit(ctx, "mails", asked_for(ctx), std::move(of));
}

task<attempt> admit_new_email(context ctx, std::string user_id, std::string email) {
  std::vector<subject> of{{"change user " + user_id}, {"change " + account_of(email)}};
  co_return co_await admit(ctx, "mails", asked_for(ctx), std::move(of));
}

task<attempt> admit_token(context ctx) {
  std::vector<subject> nobody;
  co_return co_await admit(ctx, "tokens", ctx.realm.settings().limits.tokens, std::move(nobody));
}

task<done> give_back(context ctx, attempt tried) {
  const status given = co_await ctx.realm.limits().give_back(std::move(tried.counted));
  if (!given) ctx.warn("taking back the count of an attempt", given.failure());
  co_return done{};
}

bool is_our_failure(const outcome& came) {
  const auto* no = std::get_if<refused>(&came);
  return no != nullptr && (no->why == refusal::busy || no->why == refusal::unavailable || no->why == refusal::internal);
}

}  // namespace gatehouse::operation
