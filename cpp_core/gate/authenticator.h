// Who is it? From a request's credentials to an identity, without I/O: the cache of verified tokens, else the
// signature; then, each time, the table of revocations. Nothing is allocated on a cache hit.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "gate/cookie.h"
#include "gate/cookie_pair.h"
#include "gate/identity.h"
#include "gate/verdict.h"
#include "metrics/tally.h"
#include "session/revocations.h"
#include "token/key_set.h"
#include "token/verified_cache.h"

namespace gatehouse::gate {

// RFC 6750 §3: bare where no credentials were sent (REQUIREMENTS 21).
inline constexpr const char* challenge_bearer = "Bearer";
inline constexpr const char* challenge_invalid_token = "Bearer error=\"invalid_token\"";
inline constexpr const char* challenge_insufficient_scope = "Bearer error=\"insufficient_scope\"";

// What a request shows, and what of it counts here. The views are the request's own.
struct credentials {
  std::span<const std::string_view> authorization;
  std::span<const std::string_view> cookies;
  std::span<const std::string_view> named = {};  // the values of another header that holds a bearer token
  std::string_view named_cookie = {};            // a cookie that does; empty: none
  bool from_bearer = true;
  bool from_cookie = true;
  millis stale_limit{0};       // of the revocation feed; 0: none
  std::string_view host = {};  // the name of the one that the request is for
};

struct decision {
  gate::verdict verdict = gate::verdict::failed;
  identity_ref who;  // with allowed
  bool by_cookie = false;
  std::string_view reason = {};  // why it is not allowed, for the log; static
};

// What the realm says of its tokens.
struct token_rules {
  std::string realm;
  const token::key_set& keys;
  std::string issuer;
  std::string audience;
  remote_user shown_as;
  bool trust_unverified_email;
  const cookie_pair& cookies;
  std::string handle_cookie;  // its name; empty: the realm has none
  // Of the access tokens that the realm issues now. An older one may have a longer life than what is known of logouts
  // is kept for; it must be refreshed.
  seconds longest_access;
  std::size_t cached_tokens;  // how many verified ones each worker remembers
};

class authenticator {
 public:
  // What `rules` refers to, the table and the counts outlive this. Both may be null, in tests: nothing is revoked, or
  // counted.
  authenticator(token_rules rules, const session::revocations* table, metrics::tally* counts = nullptr);

  // A token in the named header counts as a bearer, one in the named cookie as the access cookie, where there is none.
  // A bearer is looked at first; a good cookie of another user beside it is ambiguous. Without one, the access
  // cookie; where that is missing or no longer good, renewable if there is a refresh cookie or a handle.
  decision authenticate(const credentials& shown);
  // One access token, wherever it was found: allowed, unauthenticated or unavailable. That of a seat is good
  // at no other host than its own.
  decision authenticate_token(std::string_view token, std::string_view host, millis stale_limit = millis(0));

  // Whom an access token was made for, whether or not it has been revoked since; empty: it is none of ours, or expired.
  // Opens nothing.
  identity_ref recognise(std::string_view token);

  // Who a refresh token was found to be, for some seconds after remember(), unless the session has ended meanwhile.
  identity_ref recall(std::string_view refresh_token);
  void remember(std::string_view refresh_token, identity_ref who);

  // Has the session been ended, or is it past its absolute lifetime?
  bool lives(const identity& who) const;
  // The realm's cookies among those shown.
  struct shown_cookies {
    found_cookie access;
    found_cookie access_rest;
    found_cookie refresh;
    found_cookie handle;  // in the cookie of the realm's dialect that has one (handle_cookie.h)
  };
  shown_cookies find_all(std::span<const std::string_view> cookies) const;

 private:
  // `joined` holds what is in two cookies.
  found_cookie find_access(const credentials& shown, const shown_cookies& seen, std::string& joined) const;
  decision authenticate_cookie(const credentials& shown, std::string_view access, bool renewable);
  // `reason` gets why it is none of ours.
  identity_ref recognise(std::string_view token, unix_seconds now, std::string_view& reason);
  identity_ref verify(std::string_view token, unix_seconds now, std::string_view& reason);

  token_rules rules_;
  const session::revocations* table_;
  metrics::tally* counts_;
  sha256_hasher hasher_;
  token::verified_cache<identity_ref> verified_;
  token::verified_cache<identity_ref> remembered_;  // by refresh token
};

}  // namespace gatehouse::gate
