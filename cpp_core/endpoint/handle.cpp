#include "endpoint/handle.h"

#include "endpoint/cors.h"
#include "endpoint/router.h"
#include "gate/authenticator.h"
#include "gate/cross_site.h"

namespace gatehouse::endpoint {

namespace {

using operation::refusal;
using operation::refuse;

std::vector<std::string_view> views(const std::vector<std::string>& strings) {
  return {strings.begin(), strings.end()};
}

// Who the bearer is, or why the request cannot go on.
std::variant<gate::identity_ref, operation::outcome> find_bearer(realm::services& realm, const request& asked) {
  const std::vector<std::string_view> authorization = views(asked.authorization);
  gate::credentials shown;
  shown.authorization = authorization;
  shown.from_cookie = false;
  gate::decision decision = realm.authenticator().authenticate(shown);
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
    case GH_RENEWABLE:
    case GH_FORBIDDEN:
    case GH_FAILED:
      break;
  }
  return refuse(refusal::internal);
}

// What the realm's cookies hold of a session: the access token's identity, the refresh token, both or neither.
void read_cookies(realm::services& realm, const request& asked, operation::input& in) {
  const std::vector<std::string_view> cookies = views(asked.cookies);
  gate::credentials shown;
  shown.cookies = cookies;
  shown.from_bearer = false;
  gate::decision decision = realm.authenticator().authenticate(shown);
  if (decision.verdict == GH_ALLOWED) in.bearer = std::move(decision.who);
  const gate::found_cookie refresh = realm.authenticator().find_refresh(cookies);
  if (const auto* token = std::get_if<std::string_view>(&refresh)) in.refresh_token = secret(*token);
}

// Credentials into the input, or the refusal that ends the request.
std::optional<operation::outcome> find_credentials(realm::services& realm, const dialect::route& matched,
                                                   const request& asked, operation::input& in) {
  if (matched.needs == dialect::credential::none) return std::nullopt;
  if (matched.needs == dialect::credential::cookies) {
    read_cookies(realm, asked, in);
    return std::nullopt;
  }
  auto bearer = find_bearer(realm, asked);
  if (auto* who = std::get_if<gate::identity_ref>(&bearer)) {
    in.bearer = std::move(*who);
    return std::nullopt;
  }
  const bool may_do_without = matched.needs == dialect::credential::bearer_if_alone && in.refresh_token;
  if (may_do_without) return std::nullopt;
  return std::move(std::get<operation::outcome>(bearer));
}

bool is_cross_site(const realm::services& realm, const request& asked) {
  if (gate::is_safe_method(asked.method)) return false;
  const std::vector<std::string_view> origins = views(asked.allowed_origins);
  const gate::provenance from{asked.fetch_site, asked.origin};
  const gate::destination to{realm.settings().public_url, asked.host, asked.secure, origins};
  return gate::is_foreign(from, to);
}

// What the operation is to be told: the body, of a GET the query.
std::variant<operation::input, operation::refused> decode(const dialect::dialect& spoken, const dialect::route& matched,
                                                          const request& asked) {
  if (matched.fields.empty()) return operation::input();
  const std::string_view text = matched.method == "GET" ? std::string_view(asked.query) : asked.body.reveal();
  return spoken.decode(matched, asked.content_type, text);
}

task<operation::outcome> perform(realm::services& realm, const dialect::dialect& spoken, const dialect::route& matched,
                                 request asked, operation::input in) {
  std::optional<operation::outcome> no = find_credentials(realm, matched, asked, in);
  if (no) co_return std::move(*no);
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
  if (no->why == refusal::too_many_requests) answer.add_header("Retry-After", std::to_string(no->retry_after.count()));
  if (no->why == refusal::busy) answer.add_header("Retry-After", "1");
  if (no->why == refusal::unavailable) answer.add_header("Retry-After", "5");
}

task<dialect::response> answer(realm::services& realm, const dialect::dialect& base, request asked) {
  const dialect::dialect& spoken =
      choose_side(base, realm.settings().pages, asked.method, asked.path, asked.content_type);
  const bool sets_cookies = &spoken != &base;
  if (sets_cookies && is_cross_site(realm, asked)) co_return spoken.encode_status(403);

  const match found = find_route(spoken, asked.method, asked.path);
  if (found.allowed.empty()) co_return spoken.encode_status(404);
  if (is_preflight(asked)) co_return answer_preflight(asked, found.allowed);
  if (found.route == nullptr) {
    dialect::response no = asked.method == "OPTIONS" ? dialect::response{204, {}, {}} : spoken.encode_status(405);
    no.add_header("Allow", found.allowed);
    co_return no;
  }

  dialect::exchange about{*found.route, realm.settings(), {}};
  operation::outcome outcome;
  auto decoded = decode(spoken, about.matched, asked);
  if (auto* in = std::get_if<operation::input>(&decoded)) {
    about.return_address = in->return_address.value_or("");
    if (!found.id.empty()) in->session_id = found.id;
    outcome = co_await perform(realm, spoken, about.matched, asked, std::move(*in));
  } else {
    outcome = std::move(std::get<operation::refused>(decoded));
  }
  dialect::response made = spoken.encode(about, outcome);
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
