// What a passkey is asked, and whether it was answered (factor/webauthn.h). A challenge carries its own proof, so that
// asking costs no store anything and nobody fills one by asking: it is signed with the realm's refresh keys, for one
// purpose and one subject, for five minutes, and counts once (session/pending.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "account/factors.h"
#include "base/task.h"
#include "step/context.h"
#include "step/input.h"

namespace gatehouse::operation {

// RFC 8176: of a key whose possession was proved; with "mfa" if its authenticator has verified the user, or after a
// password.
inline constexpr std::string_view amr_passkey = "pop user mfa";
inline constexpr std::string_view amr_password_and_passkey = "pwd pop mfa";

enum class ceremony { registration, login, second_factor, step_up };

// `subject`: who alone may answer: a session, a login that waits, a browser; empty: whoever has it.
std::string make_passkey_challenge(const realm::settings& realm, ceremony of, std::string_view subject);
// Is it ours, of this purpose and subject, not too old, and used now for the first time?
task<result<bool>> use_passkey_challenge(context ctx, ceremony of, std::string subject, std::string challenge);

// What navigator.credentials.create() and .get() are told, in the JSON of §5.1.8: binaries in base64url.
nlohmann::json passkey_creation(const realm::settings& realm, const account::user& user, const std::string& challenge,
                                const std::vector<account::stored_passkey>& existing);
// `allowed`: those that may answer; empty: any that the browser has for this site.
nlohmann::json passkey_request(const realm::settings& realm, const std::string& challenge, bool must_verify,
                               const std::vector<account::stored_passkey>& allowed);

struct passkey_question {
  ceremony of = ceremony::login;
  std::string subject;
  bool must_verify = false;
  std::string session_id{};  // of who is logged in already
};
// What the user's own passkeys are told; nullopt: he has none.
task<result<std::optional<nlohmann::json>>> ask_passkeys_of(context ctx, std::string user_id, passkey_question asked);

// The origins at which one may be used: the login host's, and those of the realm's hosts.
std::vector<std::string> passkey_origins(const realm::settings& realm);

// The user that a passkey was made for, in its user handle (§5.4.3): the 16 bytes of his id. nullopt: of none.
std::optional<std::string> user_of_handle(std::string_view base64url);

// The passkey that `in` brings, made for a challenge that the bearer's session was given; or bad_passkey.
struct passkey_registration {
  std::optional<outcome> refused;
  factor::passkey made;
};
task<passkey_registration> check_registration(context ctx, input in, std::string subject);

// Has one of the user's passkeys answered? bad_passkey if not, which is recorded like a wrong password (REQUIREMENTS
// 62); it is for the caller to count it. A counter that does not grow is told the operator, too: somebody has a copy.
struct passkey_answer {
  std::optional<outcome> refused;
  bool user_verified = false;
};
task<passkey_answer> check_passkey(context ctx, input in, std::string user_id, passkey_question asked);

}  // namespace gatehouse::operation
