#include "gate/authenticator.h"

#include <array>
#include <utility>

#include "gate/bearer.h"
#include "gate/handle_cookie.h"
#include "gate/host_list.h"

namespace gatehouse::gate {

namespace {

constexpr std::size_t remembered_sessions = 1024;
constexpr unix_seconds remembered_for = 5;
constexpr std::string_view two_credentials = "two credentials";

decision decided(gate::verdict of, std::string_view reason) {
  decision result;
  result.verdict = of;
  result.reason = reason;
  return result;
}

// A refresh token itself is not kept.
std::string_view text_of(const sha256_digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

// The Authorization header and the other one that may hold a bearer token: in one of them, or whose it is is unclear.
found_token find_in_headers(const credentials& shown) {
  const found_token usual = shown.from_bearer ? find_bearer(shown.authorization) : no_token{};
  if (shown.named.empty()) return usual;
  return std::holds_alternative<no_token>(usual) ? find_bearer(shown.named) : ambiguous_token{};
}

}  // namespace

authenticator::authenticator(token_rules rules, const session::revocations* table, metrics::tally* counts)
    : rules_(std::move(rules)),
      table_(table),
      counts_(counts),
      verified_(rules_.cached_tokens),
      remembered_(remembered_sessions) {}

decision authenticator::authenticate(const credentials& shown) {
  const found_token bearer = find_in_headers(shown);
  const std::span<const std::string_view> cookies =
      shown.from_cookie ? shown.cookies : std::span<const std::string_view>();
  std::string joined;
  const shown_cookies seen = find_all(cookies);
  const found_cookie access = find_access(shown, seen, joined);
  if (std::holds_alternative<ambiguous_token>(bearer) || std::holds_alternative<ambiguous_cookie>(access) ||
      std::holds_alternative<ambiguous_cookie>(seen.refresh) || std::holds_alternative<ambiguous_cookie>(seen.handle)) {
    return decided(gate::verdict::ambiguous, two_credentials);
  }
  if (std::holds_alternative<malformed_token>(bearer)) return decided(gate::verdict::unauthenticated, "malformed");

  const auto* cookie = std::get_if<std::string_view>(&access);
  const bool renewable =
      std::holds_alternative<std::string_view>(seen.refresh) || std::holds_alternative<std::string_view>(seen.handle);
  if (const auto* token = std::get_if<bearer_token>(&bearer)) {
    decision by_bearer = authenticate_token(token->text, shown.host, shown.stale_limit);
    if (by_bearer.verdict != gate::verdict::allowed || cookie == nullptr) return by_bearer;
    const decision beside = authenticate_token(*cookie, shown.host, shown.stale_limit);
    const bool other = beside.verdict == gate::verdict::allowed && beside.who->user_id() != by_bearer.who->user_id();
    return other ? decided(gate::verdict::ambiguous, two_credentials) : by_bearer;
  }
  if (cookie != nullptr) return authenticate_cookie(shown, *cookie, renewable);
  return renewable ? decided(gate::verdict::renewable, "access token missing")
                   : decided(gate::verdict::anonymous, "no credentials");
}

decision authenticator::authenticate_cookie(const credentials& shown, std::string_view access, bool renewable) {
  decision result = authenticate_token(access, shown.host, shown.stale_limit);
  result.by_cookie = true;
  if (result.verdict == gate::verdict::unauthenticated && renewable) result.verdict = gate::verdict::renewable;
  return result;
}

decision authenticator::authenticate_token(std::string_view text, std::string_view host, millis stale_limit) {
  const unix_seconds now = now_seconds();
  decision result;
  std::string_view reason;
  result.who = recognise(text, now, reason);
  if (!result.who) return decided(gate::verdict::unauthenticated, reason);
  if (!result.who->host().empty() && !is_host_of(host, result.who->host()))
    return decided(gate::verdict::unauthenticated, "of another host");
  if (table_ != nullptr) {
    // Before the first look at the feed nobody knows who has been logged out.
    if (!table_->synchronised()) return decided(gate::verdict::unavailable, "revocations unknown");
    if (stale_limit.count() > 0 && table_->age() > stale_limit)
      return decided(gate::verdict::unavailable, "revocations stale");
    const session::standing stands = table_->judge(result.who->holder(), session::steady_seconds());
    if (stands != session::standing::valid)
      return decided(gate::verdict::unauthenticated, stands == session::standing::revoked ? "revoked" : "outdated");
  }
  result.verdict = gate::verdict::allowed;
  return result;
}

identity_ref authenticator::recognise(std::string_view token) {
  std::string_view reason;
  return recognise(token, now_seconds(), reason);
}

identity_ref authenticator::recognise(std::string_view text, unix_seconds now, std::string_view& reason) {
  if (text.size() > token::most_token_bytes) {
    reason = "too long";
    return {};
  }
  if (const identity_ref* known = verified_.find(text, now)) {
    if (counts_ != nullptr) counts_->add(metrics::counter::tokens_cached);
    return *known;
  }
  identity_ref who = verify(text, now, reason);
  if (counts_ != nullptr) counts_->add(who ? metrics::counter::tokens_verified : metrics::counter::tokens_refused);
  if (who) verified_.insert(text, who, who->expires_at());
  return who;
}

identity_ref authenticator::recall(std::string_view refresh_token) {
  const unix_seconds now = now_seconds();
  const identity_ref* known = remembered_.find(text_of(hasher_(refresh_token)), now);
  if (known == nullptr) return {};
  if (table_ != nullptr && table_->judge((*known)->holder(), session::steady_seconds()) != session::standing::valid)
    return {};
  return *known;
}

void authenticator::remember(std::string_view refresh_token, identity_ref who) {
  remembered_.insert(text_of(hasher_(refresh_token)), std::move(who), now_seconds() + remembered_for);
}

bool authenticator::lives(const identity& who) const {
  const unix_seconds now = now_seconds();
  if (who.session_expires_at() <= now) return false;
  return table_ == nullptr || table_->judge(who.holder(), session::steady_seconds()) != session::standing::revoked;
}

authenticator::shown_cookies authenticator::find_all(std::span<const std::string_view> cookies) const {
  if (cookies.empty()) return {};
  const cookie_pair& own = rules_.cookies;
  std::array<wanted_cookie, 4> wanted{{{own.access()}, {own.access_rest()}, {own.refresh()}, {rules_.handle_cookie}}};
  find_cookies(cookies, std::span(wanted).first(rules_.handle_cookie.empty() ? 3 : 4));
  const auto& [access, access_rest, refresh, handle] = wanted;
  const auto* value = std::get_if<std::string_view>(&handle.found);
  const bool is_others = value != nullptr && !is_handle(*value);
  return {access.found, access_rest.found, refresh.found, is_others ? no_cookie{} : handle.found};
}

found_cookie authenticator::find_access(const credentials& shown, const shown_cookies& seen,
                                        std::string& joined) const {
  found_cookie own = join_cookies(seen.access, seen.access_rest, joined);
  if (shown.named_cookie.empty() || !std::holds_alternative<no_cookie>(own)) return own;
  found_cookie other = find_split_cookie(shown.cookies, shown.named_cookie, joined);
  if (auto* value = std::get_if<std::string_view>(&other)) {
    constexpr std::string_view scheme = "Bearer%20";  // as the dialect `bff` writes it
    if (value->starts_with(scheme)) value->remove_prefix(scheme.size());
    if (value->empty()) return no_cookie{};
  }
  return other;
}

identity_ref authenticator::verify(std::string_view text, unix_seconds now, std::string_view& reason) {
  auto claims = token::verify_access(rules_.keys, token::access_token(text), rules_.issuer, rules_.audience, now);
  if (!claims) {
    reason = token::to_text(claims.why());
    return {};
  }
  if (claims->expires_at - claims->issued_at > rules_.longest_access.count()) {
    reason = "made to last too long";
    return {};
  }
  return identity_ref(new identity(rules_.realm, std::move(*claims), rules_.shown_as, rules_.trust_unverified_email));
}

}  // namespace gatehouse::gate
