#include "endpoint/handle.h"

#include "endpoint/cors.h"
#include "endpoint/router.h"
#include "gate/authenticator.h"

namespace gatehouse::endpoint {

namespace {

using operation::refusal;
using operation::refuse;

// Who the bearer is, or why the request cannot go on.
std::variant<gate::identity_ref, operation::outcome> find_bearer(realm::services& realm, const request& asked) {
  const std::vector<std::string_view> authorization(asked.authorization.begin(), asked.authorization.end());
  gate::decision decision = realm.authenticator().authenticate(authorization);
  switch (decision.verdict) {
    case GH_ALLOWED:
      return std::move(decision.who);
    case GH_ANONYMOUS:
      return refuse(refusal::missing_bearer);
    case GH_UNAUTHENTICATED:
      return refuse(refusal::bad_bearer);
    case GH_AMBIGUOUS:
      return refuse(refusal::conflicting_credentials);
    case GH_UNAVAILABLE:
      return refuse(refusal::unavailable);
    case GH_FORBIDDEN:
    case GH_FAILED:
      break;
  }
  return refuse(refusal::internal);
}

task<operation::outcome> perform(realm::services& realm, const dialect::dialect& spoken, const dialect::route& matched,
                                 request asked) {
  operation::input in;
  if (!matched.fields.empty()) {
    auto decoded = spoken.decode(matched, asked.content_type, asked.body.reveal());
    if (auto* no = std::get_if<operation::refused>(&decoded)) co_return std::move(*no);
    in = std::move(std::get<operation::input>(decoded));
  }

  if (matched.needs != dialect::credential::none) {
    auto bearer = find_bearer(realm, asked);
    const bool may_do_without = matched.needs == dialect::credential::bearer_if_alone && in.refresh_token;
    if (auto* who = std::get_if<gate::identity_ref>(&bearer)) {
      in.bearer = std::move(*who);
    } else if (!may_do_without) {
      co_return std::move(std::get<operation::outcome>(bearer));
    }
  }

  operation::context ctx{realm, spoken.client, std::move(asked.address), std::move(asked.user_agent),
                         std::move(asked.request_id)};
  co_return co_await matched.run(std::move(ctx), std::move(in));
}

// Headers that an outcome has in every dialect.
void add_outcome_headers(const operation::outcome& outcome, dialect::response& answer) {
  const auto* no = std::get_if<operation::refused>(&outcome);
  if (no == nullptr) return;
  if (no->why == refusal::missing_bearer) answer.add_header("WWW-Authenticate", gate::challenge_bearer);
  if (no->why == refusal::bad_bearer) answer.add_header("WWW-Authenticate", gate::challenge_invalid_token);
  if (no->why == refusal::busy) answer.add_header("Retry-After", "1");
  if (no->why == refusal::unavailable) answer.add_header("Retry-After", "5");
}

task<dialect::response> answer(realm::services& realm, const dialect::dialect& spoken, request asked) {
  const match found = find_route(spoken, asked.method, asked.path);
  if (found.allowed.empty()) co_return spoken.encode_status(404);
  if (is_preflight(asked)) co_return answer_preflight(asked, found.allowed);
  if (found.route == nullptr) {
    dialect::response no = asked.method == "OPTIONS" ? dialect::response{204, {}, {}} : spoken.encode_status(405);
    no.add_header("Allow", found.allowed);
    co_return no;
  }

  const dialect::route& matched = *found.route;
  const operation::outcome outcome = co_await perform(realm, spoken, matched, asked);
  dialect::response made = spoken.encode(matched, outcome);
  add_outcome_headers(outcome, made);
  co_return made;
}

}  // namespace

task<dialect::response> handle(realm::services& realm, const dialect::dialect& spoken, request asked) {
  dialect::response made = co_await answer(realm, spoken, asked);
  if (!is_preflight(asked)) add_cors_headers(asked, made);
  add_common_headers(made);
  co_return made;
}

void add_common_headers(dialect::response& answer) {
  answer.add_header("Cache-Control", "no-store");
  answer.add_header("X-Content-Type-Options", "nosniff");
}

}  // namespace gatehouse::endpoint
