#include "door/user_tokens.h"

#include <algorithm>

#include "door/decision.h"
#include "gate/challenge.h"
#include "gate/user_token.h"

namespace gatehouse {

namespace {

gate::token_places places_of(unsigned from) {
  return {(from & GH_FROM_API_KEY) != 0, (from & GH_FROM_BASIC) != 0, (from & GH_FROM_PASSWORD) != 0};
}

// A browser's cookie of another user beside it.
bool disagrees(gh_worker& worker, const gh_realm& realm, const gh_credentials& credentials, const gate::identity& who) {
  if (credentials.cookie_count == 0) return false;
  gh_credentials cookies_alone = credentials;
  cookies_alone.authorization_count = 0;
  cookies_alone.api_key_count = 0;
  cookies_alone.named_count = 0;
  gh_decision beside{};
  gh_authenticate(&worker, &realm, &cookies_alone, &beside);
  const gate::identity_ref other(inside(beside.identity));
  return beside.verdict == GH_AMBIGUOUS || (other && other->user_id() != who.user_id());
}

}  // namespace

shown_token::two::two(const gh_str* from, std::size_t of) : count(std::min<std::size_t>(of, views.size())) {
  for (std::size_t i = 0; i < count; ++i) views[i] = view_of(from[i]);
}

shown_token::shown_token(const gh_credentials& credentials)
    : authorization_(credentials.authorization, credentials.authorization_count),
      api_keys_(credentials.api_keys, credentials.api_key_count),
      token_(places_of(credentials.from), std::span(authorization_.views.data(), authorization_.count),
             std::span(api_keys_.views.data(), api_keys_.count)) {}

bool judge_user_token(gh_worker& worker, const gh_realm& realm, const gh_credentials& credentials,
                      gh_decision* decision) {
  using kind = gate::presented_token::kind;
  if ((credentials.from & (GH_FROM_API_KEY | GH_FROM_BASIC)) == 0) return false;
  const shown_token shown(credentials);
  const gate::presented_token& token = shown.get();
  if (token.what() == kind::none) return false;
  decision->by_basic = token.by_basic() ? 1 : 0;
  if (token.what() == kind::ambiguous || token.what() == kind::malformed) {
    decide(decision, token.what() == kind::ambiguous ? gate::verdict::ambiguous : gate::verdict::unauthenticated,
           gate::challenge_invalid_token);
    return true;
  }
  auto judged = worker.realms[realm.index]->known_tokens().judge(token, view_of(credentials.address),
                                                                 millis(credentials.stale_limit));
  if (judged.verdict == gate::verdict::allowed && disagrees(worker, realm, credentials, *judged.who)) {
    decide(decision, gate::verdict::ambiguous);
    return true;
  }
  decide(decision, judged.verdict, gate::challenge_invalid_token);
  decision->identity = outside(std::move(judged.who));
  return true;
}

}  // namespace gatehouse

using namespace gatehouse;

int gh_is_api_key(gh_str value) { return gate::begins_as_user_token(view_of(value)) ? 1 : 0; }
