#include "operation/step_up.h"

#include "step/current_password.h"
#include "step/issue.h"
#include "step/passkey.h"
#include "step/second_factor.h"
#include "step/throttle.h"

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

// What the bearer has shown now, or why not.
struct shown_proof {
  std::optional<outcome> refused;
  std::string amr;
};

// A code of an app, or a recovery code: a second factor beside what the login has shown. nullopt: it is good.
task<std::optional<outcome>> refuse_wrong_code(context ctx, input in) {
  co_return co_await check_code(std::move(ctx), in.bearer->user_id(), *in.code, in.bearer->session_id());
}

passkey_question question_of_session(const input& in) {
  passkey_question asked;
  asked.of = ceremony::step_up;
  asked.subject = in.bearer->session_id();
  asked.must_verify = true;
  asked.session_id = in.bearer->session_id();
  return asked;
}

// One that verifies its user, which is two factors by itself. nullopt: it has.
task<std::optional<outcome>> refuse_wrong_passkey(context ctx, input in) {
  passkey_question asked = question_of_session(in);
  passkey_answer answer = co_await check_passkey(std::move(ctx), in, in.bearer->user_id(), std::move(asked));
  co_return std::move(answer.refused);
}

task<shown_proof> show_factor(context ctx, input in) {
  shown_proof shown;
  attempt tried = co_await admit_code(ctx, in.bearer->user_id());
  shown.refused = std::move(tried.refused);
  if (shown.refused) co_return shown;
  if (in.credential_id) {
    shown.amr = amr_passkey;
    shown.refused = co_await refuse_wrong_passkey(ctx, in);
  } else {
    shown.amr = "otp mfa";
    shown.refused = co_await refuse_wrong_code(ctx, in);
  }
  if (!shown.refused || !was_wrong_factor(*shown.refused)) co_await give_back(ctx, std::move(tried));
  co_return shown;
}

task<done> record(context ctx, gate::identity_ref who, std::string amr) {
  const nlohmann::json detail = {{"amr", amr}};
  const account::source from = source_of(ctx, who->session_id());
  const status recorded = co_await ctx.realm.accounts().record_event("reauthenticated", who->user_id(), detail, from);
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
  co_await record(ctx, in.bearer, std::move(amr));

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

task<outcome> look_what_is_wanted(context ctx, input in) {
  assurance_wanted wanted = wanted_of(in);
  if (!wanted.missing.mfa) co_return wanted;
  auto standing = co_await ctx.realm.factors().standing_of(in.bearer->user_id());
  if (!standing) co_return ctx.fail("looking for second factors", standing.failure());
  if (standing->has_value()) wanted.standing = std::move(**standing);
  if (wanted.standing.passkeys == 0) co_return wanted;
  outcome asked = co_await ask_for_own_passkey(std::move(ctx), std::move(in));
  if (auto* options = std::get_if<passkey_options>(&asked)) wanted.passkey = std::move(options->public_key);
  co_return wanted;
}

task<outcome> step_up(context ctx, input in) {
  if (!in.current_password && !in.code && !in.credential_id) {
    std::vector<field_error> errors{{&input::current_password, "is required"}};
    co_return refuse_fields(std::move(errors));
  }
  auto found = co_await ctx.realm.accounts().find(in.bearer->user_id());
  if (!found) co_return ctx.fail("looking a user up", found.failure());
  if (!found->has_value() || (*found)->profile.disabled()) co_return refuse(refusal::bad_bearer);
  shown_proof shown;
  if (in.credential_id || in.code) {
    shown = co_await show_factor(ctx, in);
  } else {
    shown.refused = co_await check_current_password(ctx, in, std::move((*found)->password));
    shown.amr = amr_password;
  }
  if (shown.refused) co_return std::move(*shown.refused);
  account::user user = std::move((*found)->profile);
  co_return co_await raise(std::move(ctx), std::move(in), std::move(user), std::move(shown.amr));
}

task<outcome> ask_for_own_passkey(context ctx, input in) {
  passkey_question asked = question_of_session(in);
  auto question = co_await ask_passkeys_of(ctx, in.bearer->user_id(), std::move(asked));
  if (!question) co_return ctx.fail("looking for passkeys", question.failure());
  if (!question->has_value()) co_return refuse(refusal::not_found);
  passkey_options options;
  options.public_key = std::move(**question);
  co_return options;
}

task<outcome> step_up_on_page(context ctx, input in) {
  outcome looked = co_await look_what_is_wanted(ctx, in);
  if (!std::holds_alternative<assurance_wanted>(looked)) co_return looked;
  auto& wanted = std::get<assurance_wanted>(looked);
  outcome result = co_await step_up(std::move(ctx), std::move(in));
  auto* rejection = std::get_if<refused>(&result);
  if (rejection == nullptr || rejection->why == refusal::bad_bearer) co_return result;
  wanted.trouble = std::move(*rejection);
  co_return looked;
}

}  // namespace gatehouse::operation
