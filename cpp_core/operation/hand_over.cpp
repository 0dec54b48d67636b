#include "operation/hand_over.h"

#include "base/hex.h"
#include "base/random.h"
#include "base/sha256.h"
#include "gate/hop_cookie.h"
#include "operation/step_up.h"
#include "step/issue.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t code_bytes = 32;

// What Redis keeps under the code of a hand-over.
std::string hash_of(const secret& code) {
  const sha256_digest digest = sha256_hasher()(code.reveal());
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

task<outcome> report_reuse(context ctx, session::taken_twice ended) {
  const nlohmann::json detail = {{"host", ctx.host}};
  const account::source from = source_of(ctx, ended.sid);
  const status recorded =
      co_await ctx.realm.accounts().record_event("hand_over_code_reused", ended.user_id, detail, from);
  if (!recorded) ctx.warn("recording the reuse of a code", recorded.failure());
  co_return refuse(refusal::hop_reused);
}

}  // namespace

task<outcome> hand_over(context ctx, input in) {
  if (!ctx.realm.settings().hosts.contains(*in.origin)) co_return refuse(refusal::unknown_host);
  if (auto wanted = lacks_assurance(in)) co_return std::move(*wanted);
  handed_over given;
  if (ctx.realm.settings().shares_cookies_with(gate::host_name(*in.origin))) co_return given;
  given.code = secret(random_base64url(code_bytes));

  session::hand_over offered;
  offered.sid = in.bearer->session_id();
  offered.user_id = in.bearer->user_id();
  offered.client = ctx.asked_by.name;
  offered.code_hash = hash_of(given.code);
  offered.origin = std::move(*in.origin);
  offered.challenge = std::move(*in.challenge);
  const auto rejection = co_await ctx.realm.sessions().offer(std::move(offered));
  if (!rejection) co_return ctx.fail("handing a session over", rejection.failure());
  if (rejection->has_value()) co_return refuse(refusal::bad_bearer);
  co_return given;
}

task<outcome> arrive(context ctx, input in) {
  if (!in.origin) co_return refuse(refusal::unknown_host);
  const bool has_cookies = !in.hand_over_code && ctx.realm.settings().shares_cookies_with(ctx.host);
  if (in.verifier && has_cookies) co_return blank();
  if (!in.verifier || !in.hand_over_code) co_return refuse(refusal::hop_lost);
  session::arrival arrival;
  arrival.code_hash = hash_of(*in.hand_over_code);
  arrival.origin = std::move(*in.origin);
  arrival.challenge = gate::challenge_of(in.verifier->reveal());
  arrival.host = ctx.host;
  arrival.lifetimes = lifetimes_of(ctx);
  arrival.key_id = ctx.realm.settings().keys->refresh_signing_key().id();
  auto arrived = co_await ctx.realm.sessions().take(std::move(arrival));
  if (!arrived) co_return ctx.fail("taking a session over", arrived.failure());
  if (auto* twice = std::get_if<session::taken_twice>(&*arrived)) {
    co_return co_await report_reuse(ctx, std::move(*twice));
  }
  const auto* head = std::get_if<session::head>(&*arrived);
  if (head == nullptr) co_return refuse(refusal::hop_lost);

  result<account::user> user = account::user_from_json(head->user_json);
  if (!user) co_return ctx.fail("reading the user in a session", user.failure());
  signed_in in_here;
  in_here.tokens = issue_tokens(ctx, *user, *head);
  if (std::optional<outcome> refusal = refuse_unkeepable(ctx, *user, in_here.tokens)) co_return std::move(*refusal);
  in_here.user = std::move(*user);
  co_return in_here;
}

}  // namespace gatehouse::operation
