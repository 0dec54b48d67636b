#include "operation/user_tokens.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include "account/user_tokens.h"
#include "base/hex.h"
#include "base/text.h"
#include "base/uuid.h"
#include "gate/network.h"
#include "gate/user_token.h"
#include "operation/sessions.h"
#include "step/issue.h"
#include "step/letters.h"
#include "step/revoke.h"
#include "step/validate.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t most_words = 32;

// RFC 6749 §3.3, without a comma, which joins them in a variable.
bool is_scope(std::string_view scope) {
  constexpr std::size_t longest = 64;
  return scope.size() <= longest &&
         std::ranges::all_of(scope, [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ','; });
}

int number_of(std::string_view digits) {
  int number = -1;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return problem == std::errc() && end == digits.data() + digits.size() ? number : -1;
}

// YYYY-MM-DD.
bool is_day(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
  const int year = number_of(text.substr(0, 4));
  const int month = number_of(text.substr(5, 2));
  const int day = number_of(text.substr(8, 2));
  if (year < 0 || month < 0 || day < 0) return false;
  return std::chrono::year_month_day(std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                     std::chrono::day(static_cast<unsigned>(day)))
      .ok();
}

std::string today() {
  constexpr std::size_t day_size = 10;
  return iso8601(now_millis()).substr(0, day_size);
}

struct checked_wish {
  account::new_user_token wanted;
  std::vector<field_error> errors;
};

checked_wish check(const input& in) {
  checked_wish checked;
  checked.wanted.name = trim_spaces(*in.name);
  checked.wanted.scopes = split_words(in.scopes.value_or(""));
  checked.wanted.networks = split_words(in.networks.value_or(""));
  if (const char* fault = fault_of_label(checked.wanted.name)) checked.errors.push_back({&input::name, fault});
  if (checked.wanted.scopes.size() > most_words || !std::ranges::all_of(checked.wanted.scopes, is_scope)) {
    checked.errors.push_back({&input::scopes, "must be words, apart by spaces"});
  }
  const auto is_network = [](const std::string& each) { return gate::network::parse(each).has_value(); };
  if (checked.wanted.networks.size() > most_words || !std::ranges::all_of(checked.wanted.networks, is_network)) {
    checked.errors.push_back({&input::networks, "must be networks in CIDR notation"});
  }
  const std::string day(in.expires ? trim_spaces(*in.expires) : std::string_view());
  if (day.empty()) return checked;
  if (!is_day(day) || day < today()) checked.errors.push_back({&input::expires, "must be a day to come"});
  checked.wanted.last_day = day;
  return checked;
}

// Bits of the host in a network: PostgreSQL knows.
outcome refuse_networks() {
  std::vector<field_error> errors{{&input::networks, "must be networks in CIDR notation"}};
  return refuse_fields(std::move(errors));
}

task<outcome> list_tokens_of(context ctx, std::string owner) {
  auto found = co_await ctx.realm.user_tokens().list(std::move(owner));
  if (!found) co_return ctx.fail("listing a user's tokens", found.failure());
  token_list all;
  all.tokens = std::move(*found);
  co_return all;
}

// `by`: the administrator; nullopt: the owner himself, who is written to.
task<outcome> create_token_of(context ctx, input in, std::string owner, std::optional<std::string> by) {
  checked_wish wish = check(in);
  if (!wish.errors.empty()) co_return refuse_fields(std::move(wish.errors));
  std::optional<outcome> rejection = co_await prove_presence(ctx, in);
  if (rejection) co_return std::move(*rejection);

  secret token = gate::make_user_token();
  const sha256_digest digest = sha256_hasher()(token.reveal());
  std::string sha256 = hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
  const account::source from = source_of(ctx, in.bearer->session_id());
  std::optional<account::mail_order> told;
  if (!by) told = notice(ctx, account::letter::token_created);
  auto created = co_await ctx.realm.user_tokens().create(std::move(owner), std::move(wish.wanted), std::move(sha256),
                                                         from, std::move(told), std::move(by));
  if (!created && created.failure().kind == fault::invalid) co_return refuse_networks();
  if (!created) co_return ctx.fail("storing a user's token", created.failure());
  if (std::holds_alternative<account::too_many_tokens>(*created)) {
    co_return refuse_message("There are 100 tokens; end one that is not used any more");
  }
  token_made fresh;
  fresh.token = std::move(token);
  fresh.about = std::move(std::get<account::user_token>(*created));
  co_return fresh;
}

task<outcome> end_token_of(context ctx, input in, std::string owner, std::optional<std::string> by) {
  const account::source from = source_of(ctx, in.bearer->session_id());
  auto ended = co_await ctx.realm.user_tokens().end(owner, *in.id, from, std::move(by));
  if (!ended) co_return ctx.fail("ending a user's token", ended.failure());
  if (!ended->has_value()) co_return refuse(refusal::not_found);

  account::revocation due;
  due.outbox_id = (*ended)->outbox_id;
  due.user_id = std::move(owner);
  due.least_auth_version = 0;
  due.what = account::revocation::effect::end;
  due.token_id = std::move(*in.id);
  co_await revoke_or_leave(ctx, std::move(due));
  co_return token_changed();
}

// nullopt: the bearer may look after the tokens of the user in `user_id`, as far as there is one.
std::optional<refusal> refuse_administration(input& in) {
  if (!in.bearer->has_role("admin")) return refusal::forbidden;
  in.user_id = ascii_lower(*in.user_id);
  return is_uuid(*in.user_id) ? std::nullopt : std::optional(refusal::not_found);
}

}  // namespace

task<outcome> list_user_tokens(context ctx, input in) {
  std::string own = in.bearer->user_id();
  co_return co_await list_tokens_of(std::move(ctx), std::move(own));
}

task<outcome> create_user_token(context ctx, input in) {
  std::string own = in.bearer->user_id();
  co_return co_await create_token_of(std::move(ctx), std::move(in), std::move(own), std::nullopt);
}

task<outcome> rename_user_token(context ctx, input in) {
  std::string name(trim_spaces(*in.name));
  if (const char* fault = fault_of_label(name)) {
    std::vector<field_error> errors{{&input::name, fault}};
    co_return refuse_fields(std::move(errors));
  }
  const account::source from = source_of(ctx, in.bearer->session_id());
  const result<bool> renamed =
      co_await ctx.realm.user_tokens().rename(in.bearer->user_id(), std::move(*in.id), std::move(name), from);
  if (!renamed) co_return ctx.fail("renaming a user's token", renamed.failure());
  if (!*renamed) co_return refuse(refusal::not_found);
  co_return token_changed();
}

task<outcome> end_user_token(context ctx, input in) {
  std::string own = in.bearer->user_id();
  co_return co_await end_token_of(std::move(ctx), std::move(in), std::move(own), std::nullopt);
}

task<outcome> list_tokens_of_user(context ctx, input in) {
  if (const auto why = refuse_administration(in)) co_return refuse(*why);
  const auto found = co_await ctx.realm.accounts().find(*in.user_id);
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value()) co_return refuse(refusal::not_found);
  co_return co_await list_tokens_of(std::move(ctx), std::move(*in.user_id));
}

task<outcome> create_token_of_service(context ctx, input in) {
  if (const auto why = refuse_administration(in)) co_return refuse(*why);
  const result<bool> is_service = co_await ctx.realm.user_tokens().is_service_account(*in.user_id);
  if (!is_service) co_return ctx.fail("looking a user up", is_service.failure());
  if (!*is_service) co_return refuse(refusal::not_found);
  std::string owner = std::move(*in.user_id);
  std::string administrator = in.bearer->user_id();
  co_return co_await create_token_of(std::move(ctx), std::move(in), std::move(owner), std::move(administrator));
}

task<outcome> end_token_of_user(context ctx, input in) {
  if (const auto why = refuse_administration(in)) co_return refuse(*why);
  std::string owner = std::move(*in.user_id);
  std::string administrator = in.bearer->user_id();
  co_return co_await end_token_of(std::move(ctx), std::move(in), std::move(owner), std::move(administrator));
}

}  // namespace gatehouse::operation
