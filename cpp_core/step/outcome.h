// What came of an operation. A dialect's table turns it into status, headers and body; an operation knows neither.
#pragma once

#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "account/factors.h"
#include "account/user.h"
#include "account/user_tokens.h"
#include "base/clock.h"
#include "base/secret.h"
#include "gate/assurance.h"
#include "session/session.h"
#include "step/input.h"

namespace gatehouse::operation {

struct issued_tokens {
  secret access;
  unix_seconds access_expires_at = 0;
  secret refresh;  // empty: the client keeps a handle
  unix_seconds refresh_expires_at = 0;
  secret handle;           // of a session just opened by a client that keeps one
  std::string session_id;  // no credential
  bool persistent = true;  // cookies with them outlive the browser
};

struct signed_in {
  account::user user;
  issued_tokens tokens;
  std::vector<secret> recovery_codes{};  // of a factor that was made with this login; to be shown once
  std::string browser{};                 // to be kept in it, whose user is not to be asked for his factor again
};

// What an authenticator app is told: once, to be confirmed by a code of it.
struct totp_offer {
  std::string id;  // of the factor that is to be
  secret key;      // in base32
  secret uri;      // otpauth:, for a QR code
};

// Of the bearer.
struct factor_list {
  std::vector<account::second_factor> factors;
  std::int64_t recovery_codes = 0;  // that are left
};
struct factor_made {
  account::second_factor about;
  std::vector<secret> recovery_codes;  // to be shown once; empty: those that he has stay good
};
struct recovery_codes_made {
  std::vector<secret> codes;  // to be shown once
};
// What the browser is to ask its passkeys for, or to make one by: options of WebAuthn, as JSON.
struct passkey_options {
  nlohmann::json public_key;
};
// Renamed, or removed.
struct factor_changed {};

struct profile {
  account::user user;
  std::string session_id;                    // of who asks; empty: nobody is logged in
  std::optional<std::string> pending_email;  // has been written to; becomes the e-mail when its link is used
};

// A new password that the server chose. To be shown once.
struct temporary_password {
  secret password;
};

struct email_verified {
  account::user user;
};

struct session_list {
  std::vector<session::listed> sessions;
  std::string current;  // the sid of the one that asks
};

// Some of the realm's users, for an administrator.
struct user_list {
  std::vector<account::user> users;
  std::size_t total = 0;   // of a list in pages: how many there are
  std::size_t page = 1;    // and which of them this is
  std::size_t length = 0;  // with how many users on each
  std::string session_id;  // of who asks
};

struct token_list {
  std::vector<account::user_token> tokens;
};
// To be shown once.
struct token_made {
  secret token;
  account::user_token about;
};
// Renamed, or ended.
struct token_changed {};

// Good for who has it, until then.
struct url_signed {
  std::string url;
  unix_seconds expires_at = 0;
};

struct signed_out {};
struct sessions_ended {};
struct account_removed {
  bool own = true;  // of who asked, whose session ended with it
};
// The account may be there or may have been there: nobody learns which. Its link makes a login possible.
struct verification_sent {};
// If the address is somebody's, a mail is on its way.
struct mail_sent {};
struct password_reset {};
// The way to another host, which takes the code and makes a seat of the session there.
struct handed_over {
  secret code;
};
// Nothing was asked of the core: there is a page to show.
struct blank {
  std::string logged_in_as;  // the e-mail, for the page of a login; empty: nobody is, or it does not matter
};

enum class refusal {
  invalid_input,  // with `fields`
  bad_credentials,
  bad_passkey,           // of a second factor, or of a login
  bad_code,              // of a second factor: wrong, or used before
  challenge_lost,        // the login took too long, or too many tries: it begins anew
  second_factor_needed,  // the password was right; the client cannot ask for the factor. With `message`
  missing_bearer,
  bad_bearer,
  bad_refresh_token,
  conflicting_credentials,
  email_taken,
  username_taken,
  already_logged_in,  // the password was right; policy single
  deactivated,        // by an administrator, or by hand
  forbidden,          // to who is no administrator
  bad_csrf_token,
  email_unverified,  // the password was right
  link_expired,
  link_unknown,  // or used already, or a newer one was sent
  mail_off,      // the realm sends none
  registration_closed,
  token_too_large,      // for a browser's cookies
  recent_login_needed,  // or the password again
  cross_site,           // another site's page has sent it
  not_found,
  method_not_allowed,
  body_too_large,
  unsupported_media_type,
  too_many_requests,
  busy,         // a queue of ours is full
  unavailable,  // a store is down
  internal,
  offer_lost,        // it took too long to confirm it, or too many tries
  factors_off,       // the realm has no second factors, or no key for their secrets
  last_factor,       // where one is required, the last cannot be removed
  no_factor,         // for which recovery codes could stand in
  verification_off,  // the realm asks nobody to verify an e-mail
  unknown_host,      // a host that is none of the realm's
  hop_lost,          // the browser did not begin this hand-over, or too long ago, or the code is no more
  hop_reused,        // its code has been used before: the session was ended
  hop_loop,          // the browser keeps no session at this host
};

struct field_error {
  field_id field;
  std::string reason;  // follows the field's name in a sentence: "is required"
};

struct refused {
  refusal why = refusal::internal;
  std::vector<field_error> fields;  // with invalid_input
  std::string message;              // with invalid_input, where no field is to blame; with second_factor_needed
  seconds retry_after{0};           // with too_many_requests: when it is worth trying again
};

// The password was right, and is not enough. What may follow; nobody learns that without the password.
struct challenge {
  secret token;                             // of the login that waits; empty: the browser has it already
  account::factor_standing standing{};      // what it can be answered with
  std::optional<nlohmann::json> passkey{};  // options of WebAuthn, where a passkey can answer it
  std::optional<totp_offer> offer{};        // instead: the user has no factor, and gets one now
  bool may_postpone = false;                // or later
  std::string email{};                      // whose login it is, for a page
  std::optional<refused> trouble{};         // with what was wrong with the last answer, on a page
};

// All that a user may look after on one page; `trouble`: with what was wrong with what he last tried there.
struct account_overview {
  account::user user;
  std::optional<std::string> pending_email;  // as in profile
  session_list sessions;
  std::vector<account::user_token> tokens;
  factor_list factors;
  std::optional<totp_offer> offer;  // of an app that is to be confirmed
  std::optional<secret> new_token;  // one of them, just made
  bool proof_needed = false;        // to end sessions: the password again, for the login was long ago
  std::optional<refused> trouble;
};

// Whoever is logged in has to show something first; `trouble`: with what was wrong with what he last tried.
struct assurance_wanted {
  bool asks = false;                        // for anything at all; else it is a password for its own sake
  gate::assurance missing;                  // of that; empty: nothing
  account::factor_standing standing{};      // by what he can show a second factor, where that is missing
  std::optional<nlohmann::json> passkey{};  // options of WebAuthn, for one of his
  std::string email;                        // his own
  std::optional<refused> trouble;
};

using outcome =
    std::variant<signed_in, challenge, totp_offer, factor_list, factor_made, recovery_codes_made, passkey_options,
                 factor_changed, profile, session_list, signed_out, sessions_ended, account_removed, verification_sent,
                 email_verified, mail_sent, user_list, password_reset, temporary_password, account_overview, token_list,
                 token_made, token_changed, url_signed, handed_over, assurance_wanted, blank, refused>;

// One of the listed. Every dialect visits the outcome with a function for each alternative, or for a list of them, and
// never with one for whatever is left: so a new alternative does not compile until each dialect has an answer to it.
template <class Outcome, class... Listed>
concept one_of = (std::same_as<Outcome, Listed> || ...);

// Named constructors, because aggregates may not stand in a co_return next to a co_await (base/task.h) and read better.
inline outcome refuse(refusal why) {
  refused rejection;
  rejection.why = why;
  return rejection;
}
inline outcome refuse_message(std::string message) {
  refused rejection;
  rejection.why = refusal::invalid_input;
  rejection.message = std::move(message);
  return rejection;
}
inline outcome refuse_last_administrator() {
  return refuse_message("The realm would be left without an administrator");
}
inline outcome refuse_for_now(seconds retry_after) {
  refused rejection;
  rejection.why = refusal::too_many_requests;
  rejection.retry_after = retry_after;
  return rejection;
}
inline outcome refuse_fields(std::vector<field_error> fields) {
  refused rejection;
  rejection.why = refusal::invalid_input;
  rejection.fields = std::move(fields);
  return rejection;
}

}  // namespace gatehouse::operation
