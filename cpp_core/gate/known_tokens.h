// Which users' tokens, and passwords shown by Basic, a worker has looked up, and what they turned out to mean: with it
// a request that shows one is judged without I/O, like one with a verified JWT. What ends a token, disables its user or
// changes his roles is in the table of revocations, which is asked each time; and every five minutes a token is looked
// up again, long before the table forgets.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/lru_map.h"
#include "base/sha256.h"
#include "gate/identity.h"
#include "gate/network.h"
#include "gate/presented_token.h"
#include "gate/verdict.h"
#include "session/revocations.h"

namespace gatehouse::gate {

// As it was looked up.
struct known_token {
  identity_ref who;
  std::string account_email;      // as typed, verified or not: what Basic may show as the username
  std::vector<network> networks;  // where it may be used from; empty: anywhere
  unix_seconds expires_at = 0;    // 0: never
  bool by_password = false;
};

class known_tokens {
 public:
  // How long it is good without looking, if the store answers.
  static constexpr seconds fresh_for{300};

  // `grace`: how much longer, if it does not. The table outlives this; null, in tests: nothing is revoked.
  known_tokens(const session::revocations* table, seconds grace);

  // Under what it is known: the SHA-256 of a token, which is also what is stored; of a username and a password a keyed
  // hash, of this worker's own key, that means nothing anywhere else.
  sha256_digest key_of(const presented_token& shown);

  struct judgement {
    gate::verdict verdict = gate::verdict::failed;  // allowed, unauthenticated, unavailable, or pending: look it up
    identity_ref who;                               // with allowed
  };
  // The same for a session that has signed a URL (signed_url.h): a key for it, and whether it is good.
  sha256_digest key_of_session(std::string_view session_id);
  judgement judge_session(const sha256_digest& key, millis stale_limit);
  // `shown`: a token or a password. `address`: the client's.
  judgement judge(const presented_token& shown, std::string_view address, millis stale_limit);

  // What looking it up has come to. A token that is remembered is judged anew.
  void remember(const sha256_digest& key, known_token found);
  void refuse(const sha256_digest& key);
  // The store does not answer: allowed for one that is known, and was good not too long ago; else unavailable.
  judgement judge_without_store(const presented_token& shown, std::string_view address);

  // Has it been looked up, with success, lately?
  bool knows(const sha256_digest& key) { return tokens_.find(key) != nullptr; }

 private:
  struct entry {
    known_token token;
    std::int64_t looked_up = 0;  // by steady_seconds()
    std::int64_t look_at = 0;    // again
  };

  std::optional<judgement> judge_table(millis stale_limit) const;
  // Null: it has to be looked up.
  const known_token* find_fresh(const sha256_digest& key, std::int64_t now);

  judgement judge_entry(const known_token& token, const presented_token& shown, std::string_view address) const;
  bool is_valid(const identity& who) const;

  static constexpr std::size_t most_known = 4096;
  static constexpr std::size_t most_refused = 1024;
  static constexpr std::int64_t refused_for = 10;

  const session::revocations* table_;
  const std::int64_t grace_;
  sha256_hasher hasher_;
  std::string hash_key_;
  lru_map<entry> tokens_{most_known};
  lru_map<std::int64_t> refused_{most_refused};  // until when
};

}  // namespace gatehouse::gate
