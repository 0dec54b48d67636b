#include "gate/authenticator.h"

#include <utility>

#include "gate/bearer.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t cached_tokens = 4096;

decision verdict(gh_verdict of) {
  decision made;
  made.verdict = of;
  return made;
}

}  // namespace

authenticator::authenticator(token_rules rules, const session::revocations* table)
    : rules_(std::move(rules)), table_(table), verified_(cached_tokens) {}

decision authenticator::authenticate(std::span<const std::string_view> authorization) {
  const found_token found = find_bearer(authorization);
  if (std::holds_alternative<no_token>(found)) return verdict(GH_ANONYMOUS);
  if (std::holds_alternative<ambiguous_token>(found)) return verdict(GH_AMBIGUOUS);
  if (std::holds_alternative<malformed_token>(found)) return verdict(GH_UNAUTHENTICATED);
  return authenticate_token(std::get<bearer_token>(found).text);
}

decision authenticator::authenticate_token(std::string_view text) {
  if (text.size() > token::most_token_bytes) return verdict(GH_UNAUTHENTICATED);
  const unix_seconds now = now_seconds();
  const sha256_digest digest = hasher_(text);

  decision made;
  if (const identity_ref* known = verified_.find(digest, now)) {
    made.who = *known;
  } else {
    made.who = verify(text, now);
    if (!made.who) return verdict(GH_UNAUTHENTICATED);
    verified_.insert(digest, made.who, made.who->expires_at());
  }

  if (table_ != nullptr) {
    // Before the first look at the feed nobody knows who has been logged out.
    if (!table_->synchronised()) return verdict(GH_UNAVAILABLE);
    if (table_->judge(made.who->holder(), now) != session::standing::valid) return verdict(GH_UNAUTHENTICATED);
  }
  made.verdict = GH_ALLOWED;
  return made;
}

identity_ref authenticator::verify(std::string_view text, unix_seconds now) {
  auto claims = token::verify_access(rules_.keys, token::access_token(text), rules_.issuer, rules_.audience, now);
  if (!claims) return {};
  return identity_ref(new identity(rules_.realm, std::move(*claims), rules_.shown_as, rules_.trust_unverified_email));
}

}  // namespace gatehouse::gate
