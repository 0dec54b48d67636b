// A mail that is to be written with the change that causes it. It reaches the outbox in the very statement; whom it
// goes to is in the tables, and what its link says is made when it is sent (mail_queue.h).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "account/source.h"
#include "base/clock.h"

namespace gatehouse::account {

// The kinds of mail; each is a template of its name.
namespace letter {
inline constexpr std::string_view verify = "verify";                // a link, to a new account's e-mail
inline constexpr std::string_view confirm_email = "confirm-email";  // a link, to the e-mail that is to be
inline constexpr std::string_view reset = "reset";                  // a link to choose a new password
inline constexpr std::string_view recovery = "recovery";            // the same, as some clients' users know it
inline constexpr std::string_view already_registered = "already-registered";  // somebody tried to register this e-mail
inline constexpr std::string_view email_changed = "email-changed";            // to the old one
inline constexpr std::string_view password_changed = "password-changed";
inline constexpr std::string_view new_login = "new-login";
inline constexpr std::string_view token_created = "token-created";
inline constexpr std::string_view factor_added = "factor-added";
inline constexpr std::string_view factor_renamed = "factor-renamed";
inline constexpr std::string_view factor_removed = "factor-removed";
inline constexpr std::string_view factors_removed =
    "factors-removed";  // all of them, by an administrator: 016_factors.sql
inline constexpr std::string_view recovery_codes_made = "recovery-codes-made";
inline constexpr std::string_view recovery_codes_low = "recovery-codes-low";
inline constexpr std::array all{verify,           confirm_email,       reset,
                                recovery,         already_registered,  email_changed,
                                password_changed, new_login,           token_created,
                                factor_added,     factor_renamed,      factor_removed,
                                factors_removed,  recovery_codes_made, recovery_codes_low};
}  // namespace letter

// One that tells the user what has happened to the account.
bool is_notice(std::string_view letter);

struct mail_order {
  std::string_view letter;   // one of those above
  std::string language;      // what the reader prefers: an Accept-Language header
  std::string link;          // of letters that have one: the URL up to the token
  seconds lifetime{0};       // of the link, from when it is sent
  bool to_verified = false;  // only to an e-mail that was proved: nobody else's mailbox is told of this account
};

// As a statement's parameter; null: no mail.
std::optional<std::string> order_of(const std::optional<mail_order>& wanted, const source& from);

}  // namespace gatehouse::account
