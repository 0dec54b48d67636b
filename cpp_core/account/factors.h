// Second factors and recovery codes of users (sql/016_factors.sql). Each write is one statement, with its row of the
// audit trail and its mail. Errors are those of database::rows_of().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "account/database.h"
#include "account/letter.h"
#include "account/source.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "factor/sealed.h"
#include "factor/webauthn.h"

namespace gatehouse::account {

enum class factor_kind { totp, passkey };
std::string_view name_of(factor_kind kind);

struct second_factor {
  std::string id;
  factor_kind kind = factor_kind::totp;
  std::string name;
  unix_millis created_at = 0;
  std::optional<unix_millis> last_used_at;
  std::string last_used_address;
  std::string last_used_agent;
  bool backed_up = false;  // of a passkey: it is on more than one device
};

// What a user has to answer a challenge with, and what else decides whether he gets one.
struct factor_standing {
  std::int64_t totp = 0;  // how many
  std::int64_t passkeys = 0;
  std::int64_t recovery_codes = 0;         // that are left
  std::int64_t version = 0;                // raised by every change of factors and of the password
  std::optional<unix_seconds> asked_at{};  // since when he has been asked to have one

  bool has_any() const { return totp > 0 || passkeys > 0; }
};

struct new_factor {
  std::string id;  // a UUID, which a sealed secret is bound to
  factor_kind kind = factor_kind::totp;
  std::string name;
  factor::sealed data;                       // key_id empty: it is no secret, and not sealed
  std::int64_t last_step = 0;                // of totp: that of the code by which it was confirmed
  std::optional<factor::passkey> passkey{};  // of one; then `data` is empty
  // factor_standing::version, which must still be this: nobody gets a factor by a login that began before the owner had
  // one. nullopt: whatever it is.
  std::optional<std::int64_t> if_version{};
};

struct totp_factor {
  std::string id;
  factor::sealed secret;
};

struct stored_passkey {
  std::string id;  // of the factor
  factor::passkey key;
};

// The user has as many of the kind as he may have, or is not as `if_version` says; or somebody has this passkey.
struct factor_not_added {};
struct factor_added {
  second_factor about;
  bool has_new_codes = false;  // the codes that came with it are the user's now, for he had none
};
using factor_addition = std::variant<factor_added, factor_not_added>;

enum class factor_removal { removed, absent, last };

class factors {
 public:
  // Each more is a guess more that a code is right.
  static constexpr int most_totp = 3;
  static constexpr int most_passkeys = 20;

  // The pool outlives it.
  factors(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  factors(const factors&) = delete;
  factors& operator=(const factors&) = delete;

  // nullopt: no such user.
  task<result<std::optional<factor_standing>>> standing_of(std::string user_id);
  // The oldest first.
  task<result<std::vector<second_factor>>> list(std::string user_id);
  task<result<std::vector<totp_factor>>> totp_of(std::string user_id);
  task<result<std::vector<stored_passkey>>> passkeys_of(std::string user_id);
  // Since when the user has been asked to have a factor: since now, if it is the first time.
  task<result<unix_seconds>> ask(std::string user_id);

  // `code_hashes`: of recovery codes (factor/recovery_codes.h) for who has none left.
  task<result<factor_addition>> add(std::string user_id, new_factor fresh, std::vector<std::string> code_hashes,
                                    source from, std::optional<mail_order> notice);
  // False: the user has no such factor.
  task<result<bool>> rename(std::string user_id, std::string id, std::string name, source from,
                            std::optional<mail_order> notice);
  // `keeps_last`: not if it is his only one. With the last one the recovery codes go, too.
  task<result<factor_removal>> remove(std::string user_id, std::string id, bool keeps_last, source from,
                                      std::optional<mail_order> notice);

  // Accepts the code of a step, unless one of this step or of a later one was accepted before: then false. Of any
  // number at once, wherever they run, one is accepted (RFC 6238 §5.2, REQUIREMENTS 59). `resealed`: its secret, under
  // the key of today; nullopt: as it is.
  task<result<bool>> accept_step(std::string user_id, std::string id, std::int64_t step,
                                 std::optional<factor::sealed> resealed, source from);

  // Records the use of a passkey. False: its counter is not above that of an earlier use any more, if it counts at all;
  // of any number at once with one counter, one is accepted (REQUIREMENTS 60).
  task<result<bool>> accept_assertion(std::string user_id, std::string id, factor::asserted shown, source from);

  // How many are left after this one, which counts once. nullopt: it is no code of his, or was used before. `low`: the
  // mail when three are left, or fewer.
  task<result<std::optional<std::int64_t>>> use_recovery_code(std::string user_id, std::string hash, source from,
                                                              std::optional<mail_order> low);
  // In place of those that he had. False: he has no factor, for which they could stand in.
  task<result<bool>> replace_recovery_codes(std::string user_id, std::vector<std::string> hashes, source from,
                                            std::optional<mail_order> notice);

 private:
  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
