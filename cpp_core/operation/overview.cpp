#include "operation/overview.h"

#include "operation/factors.h"
#include "operation/profile.h"
#include "operation/sessions.h"
#include "operation/user_tokens.h"

namespace gatehouse::operation {

task<outcome> show_overview(context ctx, input in) {
  outcome shown = co_await show_profile(ctx, in);
  if (!std::holds_alternative<profile>(shown)) co_return shown;
  outcome listed = co_await list_sessions(ctx, in);
  if (!std::holds_alternative<session_list>(listed)) co_return listed;
  outcome tokens = co_await list_user_tokens(ctx, in);
  if (!std::holds_alternative<token_list>(tokens)) co_return tokens;

  outcome factors = co_await list_factors(ctx, in);
  if (!std::holds_alternative<factor_list>(factors)) co_return factors;

  account_overview all;
  all.factors = std::move(std::get<factor_list>(factors));
  all.user = std::move(std::get<profile>(shown).user);
  all.pending_email = std::move(std::get<profile>(shown).pending_email);
  all.sessions = std::move(std::get<session_list>(listed));
  all.proof_needed = !logged_in_recently(*in.bearer);
  all.tokens = std::move(std::get<token_list>(tokens).tokens);
  co_return all;
}

task<outcome> show_overview_after(context ctx, input in, outcome result) {
  auto* rejection = std::get_if<refused>(&result);
  if (rejection == nullptr || rejection->why == refusal::bad_bearer) co_return result;
  outcome shown = co_await show_overview(ctx, std::move(in));
  if (auto* all = std::get_if<account_overview>(&shown)) all->trouble = std::move(*rejection);
  co_return shown;
}

task<outcome> create_user_token_on_page(context ctx, input in) {
  outcome created = co_await create_user_token(ctx, in);
  if (!std::holds_alternative<token_made>(created)) {
    co_return co_await show_overview_after(std::move(ctx), std::move(in), std::move(created));
  }
  outcome shown = co_await show_overview(std::move(ctx), std::move(in));
  if (auto* all = std::get_if<account_overview>(&shown))
    all->new_token = std::move(std::get<token_made>(created).token);
  co_return shown;
}

task<outcome> offer_totp_on_page(context ctx, input in) {
  outcome offered = co_await offer_totp_factor(ctx, in);
  if (!std::holds_alternative<totp_offer>(offered)) {
    co_return co_await show_overview_after(std::move(ctx), std::move(in), std::move(offered));
  }
  outcome shown = co_await show_overview(std::move(ctx), std::move(in));
  if (auto* all = std::get_if<account_overview>(&shown)) all->offer = std::move(std::get<totp_offer>(offered));
  co_return shown;
}

task<outcome> confirm_totp_on_page(context ctx, input in) {
  outcome confirmed = co_await confirm_totp_factor(ctx, in);
  if (!std::holds_alternative<refused>(confirmed)) co_return confirmed;
  outcome offered = co_await look_at_offer(ctx, in);
  outcome shown = co_await show_overview_after(std::move(ctx), std::move(in), std::move(confirmed));
  auto* all = std::get_if<account_overview>(&shown);
  auto* offer = std::get_if<totp_offer>(&offered);
  if (all != nullptr && offer != nullptr) all->offer = std::move(*offer);
  co_return shown;
}

}  // namespace gatehouse::operation
