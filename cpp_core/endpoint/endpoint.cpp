#include "endpoint/endpoint.h"

#include "endpoint/call_rate.h"
#include "endpoint/cors.h"
#include "endpoint/identify.h"
#include "endpoint/router.h"
#include "gate/authenticator.h"
#include "gate/challenge.h"
#include "wire/foreign_request.h"
#include "wire/refusal_texts.h"

namespace gatehouse::endpoint {

namespace {

using dialect::request;
using operation::refusal;

// Which side answers where no route does: a browser that navigates gets the page's, everybody else the dialect's.
const dialect::dialect& side_of_reader(const dialect::dialect& base, const realm::settings& realm,
                                       const request& asked) {
  const gate::navigation said{asked.method, asked.header("Sec-Fetch-Mode"), asked.header("Sec-Fetch-Dest"),
                              asked.header("Accept"), asked.header("Upgrade")};
  return base.pages != nullptr && realm.has_pages && gate::is_navigation(said) ? *base.pages : base;
}

// The operation's input: from the body, or from the query of a GET.
dialect::decoded decode(const dialect::dialect& spoken, const dialect::route& matched, const request& asked) {
  if (matched.fields.empty()) return {};
  const bool is_get = matched.method == "GET";
  const bool takes_query = is_get || matched.query_or_body;
  const bool by_query = takes_query && (asked.body.empty() || (is_get && !asked.query.empty()));
  if (by_query) return spoken.decode(matched, "", asked.query);
  return spoken.decode(matched, asked.header("Content-Type"), asked.body.reveal());
}

// What was typed, to show a form again; without secrets, but with the token of a link, which its form has as a hidden
// field.
std::vector<std::pair<std::string_view, std::string>> typed(const dialect::route& matched, const operation::input& in) {
  std::vector<std::pair<std::string_view, std::string>> shown;
  for (const dialect::field& each : matched.fields) {
    const auto* plain = std::get_if<std::optional<std::string> operation::input::*>(&each.target);
    if (plain != nullptr && in.**plain) shown.emplace_back(each.member, *(in.**plain));
    const bool is_link = each.target == operation::field_id(&operation::input::link_token);
    if (is_link && in.link_token) shown.emplace_back(each.member, in.link_token->reveal());
  }
  return shown;
}

operation::context context_of(realm::services& realm, const dialect::dialect& spoken, const request& asked) {
  return {realm,
          spoken.client,
          asked.address,
          std::string(asked.header("User-Agent")),
          asked.request_id,
          asked.mount,
          std::string(asked.header("Accept-Language")),
          asked.host};
}

struct performed {
  operation::outcome outcome;
  std::optional<operation::issued_tokens> renewed;
};

// The credentials are judged first: what is wrong with the body is only told to those who may use the route.
task<performed> perform(operation::context ctx, const dialect::dialect& spoken, const dialect::route& matched,
                        dialect::presented shown, dialect::decoded read) {
  performed result;
  operation::input& in = read.in;
  dialect::credential needs = matched.needs;
  if (needs == dialect::credential::bearer_if_alone) {
    needs = in.refresh_token ? dialect::credential::whatever : dialect::credential::bearer;
  }
  identified found = co_await identify(ctx, needs, std::move(shown));
  result.renewed = std::move(found.renewed);
  if (found.refused) {
    result.outcome = std::move(*found.refused);
    co_return result;
  }
  in.bearer = std::move(found.who);
  in.ambiguous_session = found.ambiguous;
  if (found.refresh) in.refresh_token = std::move(found.refresh);
  if (!read.why) {
    result.outcome = co_await matched.run(ctx, std::move(in));
    co_return result;
  }
  result.outcome = std::move(*read.why);
  if (spoken.show_again != nullptr && needs == dialect::credential::session) {
    operation::outcome refusal = std::move(result.outcome);
    result.outcome = co_await spoken.show_again(ctx, std::move(in), std::move(refusal));
  }
  co_return result;
}

// The session of the request has ended with it, so a token that renewed it is of no use.
bool ends_own_session(const operation::outcome& outcome) {
  const auto* removed = std::get_if<operation::account_removed>(&outcome);
  return std::holds_alternative<operation::signed_out>(outcome) || (removed != nullptr && removed->own);
}

// The refusal, if there is one; a page may have it inside. null: nothing was refused.
const operation::refused* refusal_in(const operation::outcome& outcome) {
  const auto* account = std::get_if<operation::account_overview>(&outcome);
  if (account != nullptr) return account->trouble ? &*account->trouble : nullptr;
  const auto* wanted = std::get_if<operation::assurance_wanted>(&outcome);
  if (wanted != nullptr) return wanted->trouble ? &*wanted->trouble : nullptr;
  const auto* challenge = std::get_if<operation::challenge>(&outcome);
  if (challenge != nullptr) return challenge->trouble ? &*challenge->trouble : nullptr;
  return std::get_if<operation::refused>(&outcome);
}

// Headers that an outcome has in every dialect.
void add_outcome_headers(const operation::outcome& outcome, dialect::response& answer) {
  const operation::refused* rejection = refusal_in(outcome);
  if (rejection == nullptr) return;
  const bool challenges = answer.status == 401;
  if (challenges && rejection->why == refusal::missing_bearer)
    answer.add_header("WWW-Authenticate", gate::challenge_bearer);
  if (challenges && (rejection->why == refusal::bad_bearer || rejection->why == refusal::deactivated))
    answer.add_header("WWW-Authenticate", gate::challenge_invalid_token);
  const seconds wait = dialect::retry_after(*rejection);
  if (wait.count() > 0) answer.add_header("Retry-After", std::to_string(wait.count()));
}

// Every response is private, unless it has said how long it may be stored, and its type is not to be guessed.
void add_common_headers(dialect::response& answer) {
  const bool may_be_stored = answer.has_header("Cache-Control");
  if (!may_be_stored) answer.add_header("Cache-Control", "no-store");
  answer.add_header("X-Content-Type-Options", "nosniff");
}

// No route fits: the path is unknown (404), or the method (405) or the type of the body (415) is wrong for it.
dialect::response answer_unrouted(const dialect::dialect& base, const realm::settings& realm, const request& asked) {
  const dialect::dialect& on_screen = side_of_reader(base, realm, asked);
  const std::string allowed = allowed_methods(base, realm.has_pages, asked.path);
  if (allowed.empty()) return on_screen.encode_status(asked, realm, 404);
  const bool is_form = base.pages != nullptr && find_route(*base.pages, asked.method, asked.path).route != nullptr;
  if (is_form && realm.has_pages) return on_screen.encode_status(asked, realm, 415);
  dialect::response rejection =
      asked.method == "OPTIONS" ? dialect::response{204, {}, {}} : on_screen.encode_status(asked, realm, 405);
  rejection.add_header("Allow", allowed);
  return rejection;
}

task<dialect::response> answer(realm::services& services, const dialect::dialect& base, request asked) {
  const realm::settings& realm = services.settings();
  const dialect::dialect& spoken =
      choose_side(base, realm.has_pages, asked.method, asked.path, asked.header("Content-Type"));
  if (spoken.refuse_first != nullptr && !is_preflight(asked)) {
    std::optional<dialect::response> rejection = spoken.refuse_first(asked, realm);
    if (rejection) co_return std::move(*rejection);
  }
  if (spoken.sets_cookies && dialect::is_cross_site(realm, asked)) co_return spoken.encode_status(asked, realm, 403);

  const match found = find_route(spoken, asked.method, asked.path);
  if (is_preflight(asked) && !found.allowed.empty()) co_return answer_preflight(asked, base, found.allowed);
  if (found.route == nullptr) co_return answer_unrouted(base, realm, asked);

  dialect::exchange about{*found.route, realm, asked, {}};
  dialect::decoded read = decode(spoken, about.matched, asked);
  if (!found.id.empty()) read.in.id = found.id;
  if (!found.user.empty()) read.in.user_id = found.user;
  if (spoken.read_more != nullptr) spoken.read_more(asked, realm, read.in);
  about.typed = typed(about.matched, read.in);
  if (spoken.refuse_early != nullptr) {
    std::optional<dialect::response> rejection = spoken.refuse_early(about);
    if (rejection) co_return std::move(*rejection);
  }

  const operation::context ctx = context_of(services, spoken, asked);
  rated call = co_await count_call(ctx, spoken, about.matched);
  performed result;
  if (call.refused) {
    result.outcome = std::move(*call.refused);
  } else {
    result = co_await perform(ctx, spoken, about.matched, spoken.find_tokens(asked, realm), std::move(read));
  }
  dialect::response shown = spoken.encode(about, result.outcome);
  if (result.renewed && !ends_own_session(result.outcome)) spoken.add_tokens(about, *result.renewed, shown);
  add_outcome_headers(result.outcome, shown);
  add_rate_headers(call, shown);
  co_return shown;
}

}  // namespace

task<dialect::response> respond(realm::services& realm, const dialect::dialect& spoken, request asked) {
  dialect::response given = co_await answer(realm, spoken, asked);
  if (!is_preflight(asked)) add_cors_headers(asked, spoken, given);
  add_common_headers(given);
  co_return given;
}

dialect::response answer_status(const realm::settings& realm, const dialect::dialect& spoken, const request& asked,
                                int status) {
  const dialect::dialect& side =
      choose_side(spoken, realm.has_pages, asked.method, asked.path, asked.header("Content-Type"));
  dialect::response answer = side.encode_status(asked, realm, status);
  const bool passes_soon = status == 429 || status == 503;  // limit_req, limit_conn; or too many flows here
  if (passes_soon) answer.add_header("Retry-After", "1");
  add_cors_headers(asked, spoken, answer);
  add_common_headers(answer);
  return answer;
}

}  // namespace gatehouse::endpoint
