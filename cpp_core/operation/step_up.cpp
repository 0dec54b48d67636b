#include "operation/step_up.h"

#include "step/current_password.h"
#include "step/issue.h"

namespace gatehouse::operation {

namespace {

gate::assurance asked_for(const input& in) {
  return gate::assurance::read(in.acr_values.value_or(""), in.max_age.value_or(""));
}

assurance_wanted wanted_of(const input& in) {
  const gate::assurance asked = asked_for(in);
  assurance_wanted wanted;
  wanted.asks = !asked.empty();
  wanted.missing = asked.missing(*in.bearer, now_seconds());
  wanted.email = in.bearer->claim("email");  // he may see his own, verified or not
  return wanted;
}

task<done> record(context ctx, const input& in, std::string amr) {
  const nlohmann::json detail = {{"amr", amr}};
  const account::source from = source_of(ctx, in.bearer->session_id());
  const status recorded =
      co_await ctx.realm.accounts().record_event("reauthenticated", in.bearer->user_id(), detail, from);
  if (!recorded) ctx.warn("recording a step-up", recorded.failure());
  co_return done{};
}

// The bearer has just shown `amr`.
task<outcome> raise(context ctx, input in, account::user user, std::string amr) {
  session::step_up shown;
  shown.sid = in.bearer->session_id();
  shown.user_id = in.bearer->user_id();
  shown.client = ctx.asked_by.name;
  shown.amr = amr;
  shown.host = in.bearer->host();
  shown.lifetimes = lifetimes_of(ctx);
  const auto raised = co_await ctx.realm.sessions().raise(std::move(shown));
  if (!raised) co_return ctx.fail("raising a session", raised.failure());
  const auto* head = std::get_if<session::head>(&*raised);
  if (head == nullptr) co_return refuse(refusal::bad_bearer);
  co_await record(ctx, in, std::move(amr));

  signed_in anew;
  anew.tokens = issue_tokens(ctx, user, *head);
  if (std::optional<outcome> refusal = refuse_unkeepable(ctx, user, anew.tokens)) co_return std::move(*refusal);
  anew.user = std::move(user);
  co_return anew;
}

}  // namespace

std::optional<assurance_wanted> lacks_assurance(const input& in) {
  assurance_wanted wanted = wanted_of(in);
  return wanted.missing.empty() ? std::nullopt : std::optional(std::move(wanted));
}

task<outcome> look_what_is_wanted(context, input in) { co_return wanted_of(in); }

task<outcome> step_up(context ctx, input in) {
  if (!in.current_password) {
    std::vector<field_error> errors{{&input::current_password, "is required"}};
    co_return refuse_fields(std::move(errors));
  }
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value() || (*found)->profile.disabled()) co_return refuse(refusal::bad_bearer);
  std::optional<outcome> rejection = co_await check_current_password(ctx, in, std::move((*found)->password));
  if (rejection) co_return std::move(*rejection);
  account::user user = std::move((*found)->profile);
  co_return co_await raise(std::move(ctx), std::move(in), std::move(user), "pwd");
}

task<outcome> step_up_on_page(context ctx, input in) {
  assurance_wanted wanted = wanted_of(in);
  outcome result = co_await step_up(std::move(ctx), std::move(in));
  auto* rejection = std::get_if<refused>(&result);
  if (rejection == nullptr || rejection->why == refusal::bad_bearer) co_return result;
  wanted.trouble = std::move(*rejection);
  co_return wanted;
}

}  // namespace gatehouse::operation
