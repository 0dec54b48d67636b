#include "door/signed_url.h"

#include "door/decision.h"
#include "gate/challenge.h"
#include "gate/signed_url.h"

namespace gatehouse {

std::optional<std::string> signer_of(const gh_realm& realm, const gh_credentials& credentials) {
  if (credentials.signed_target.len == 0) return std::nullopt;
  const std::string host = gate::host_name(view_of(credentials.host));
  const gate::signed_target sent{realm.settings.name, host, view_of(credentials.signed_target)};
  return gate::signer_of(*realm.settings.keys, sent, now_seconds());
}

bool judge_signed_url(gh_worker& worker, const gh_realm& realm, const gh_credentials& credentials,
                      gh_decision* decision) {
  const std::optional<std::string> signer = signer_of(realm, credentials);
  if (!signer) return false;
  gate::known_tokens& known = worker.realms[realm.index]->known_tokens();
  auto made = known.judge_session(known.key_of_session(*signer), millis(credentials.stale_limit));
  decide(decision, made.verdict, gate::challenge_bearer);
  decision->identity = outside(std::move(made.who));
  return true;
}

}  // namespace gatehouse
