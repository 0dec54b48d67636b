// The cookies by which a browser shows at one of the realm's hosts that it has begun there what it comes back for from
// the login host: one for each hand-over under way, so that tabs do not write over each other's, and one that counts
// those that are done, so that a browser that keeps no session is not sent round and round.
//
// Authenticated with the realm's refresh keys: HMAC-SHA256 over the realm, the origin and all that the cookie is about.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "gate/cookie.h"
#include "gate/set_cookie.h"
#include "token/key_set.h"

namespace gatehouse::gate {

// What goes to the login host and back, readable there: a random number, how often this has been tried before, and the
// address that was asked for.
struct hop_state {
  std::string nonce;    // 128 bits, base64url
  bool again = false;   // the second try
  std::string address;  // a path and query of the host that it began at

  std::string text() const;
};
// nullopt: of another form, or its address is none of this site's.
std::optional<hop_state> parse_hop_state(std::string_view text);

// How long a login may take, and the password may be looked for.
inline constexpr seconds hop_lifetime{600};
// How many hand-overs in how long are no accident.
inline constexpr int most_hops = 4;
inline constexpr seconds hop_memory{60};

class hop_cookie {
 public:
  // `name`: the directive cookie. The views outlive this.
  hop_cookie(const token::key_set& keys, std::string_view realm, std::string_view origin, std::string_view name,
             bool secure);

  // The names of all of them begin so; the counter has the prefix without its last dash.
  static std::string prefix(std::string_view name, bool secure);

  // The value of the Set-Cookie header that begins a hand-over.
  std::string begin(const hop_state& state, std::string_view verifier, unix_seconds now) const;
  // The verifier of the hand-over that begin() began in this browser; nullopt: it has not, or that is too long ago.
  std::optional<std::string> verifier(std::span<const std::string_view> cookies, const hop_state& state,
                                      unix_seconds now) const;
  std::string end(const hop_state& state) const;
  // The Set-Cookie headers that forget the oldest, where a browser has more than it needs.
  std::vector<std::string> forget_oldest(std::span<const std::string_view> cookies) const;

  // How many have been done lately.
  int count(std::span<const std::string_view> cookies, unix_seconds now) const;
  std::string count_one_more(std::span<const std::string_view> cookies, unix_seconds now) const;

 private:
  struct counted {
    int hops = 0;
    unix_seconds since = 0;
  };

  counted read_count(std::span<const std::string_view> cookies, unix_seconds now) const;
  cookie of(std::string name) const;
  std::string set(std::string name, std::string value, seconds lifetime) const;
  std::string sign(std::string_view what) const;
  bool is_signed(std::string_view what, std::string_view signature) const;

  const token::key_set& keys_;
  std::string about_;  // the realm and the origin
  std::string prefix_;
  bool secure_;
};

// RFC 7636 §4.2, S256.
std::string challenge_of(std::string_view verifier);

}  // namespace gatehouse::gate
