// How often things may be tried (the limit directives of a realm). Each attempt is admitted before its work begins, and
// counted by then: a refused one costs neither a hash nor a query nor a mail, and parallel ones cannot race. Nothing
// here depends on whether an account exists (REQUIREMENTS 52).
//
//   attempt tried = co_await admit_login(ctx, identifier);
//   if (tried.refused) co_return std::move(*tried.refused);
#pragma once

#include <optional>
#include <string>

#include "base/task.h"
#include "limit/limiter.h"
#include "step/context.h"
#include "step/outcome.h"

namespace gatehouse::operation {

struct attempt {
  std::optional<outcome> refused;  // too_many_requests; unavailable, for without Redis nothing can be counted
  limit::receipt counted;
  std::string known_as;  // of a login: whose the identifier was when it was last looked up; empty: it was not
};

// An account has one count, whatever its user types: before the look-up that of the account that the identifier was the
// last time, or else one of its own; after the look-up count_login_of() puts right what was guessed. `identifier`: as
// typed; one of another case of letters is the same account's, as in account::store::find_by_login().
task<attempt> admit_login(context ctx, std::string identifier);
// `user_id`: whose the identifier is; empty: nobody's. What that costs does not depend on it (REQUIREMENTS 52).
task<attempt> count_login_of(context ctx, attempt tried, std::string identifier, std::string user_id);
// Whoever asks has just proved to own the account, by its password or by a token mailed to it. For 90 days, what others
// fail at elsewhere does not shut the account out at this address: logins here are limited by its own failures only,
// and mails that are asked for here by this address's own limit.
task<done> remember_place(context ctx, account::user owner);

// The current password of a user who is logged in: the same limits, but the account's own count, which nobody can fill
// who has no session of it.
task<attempt> admit_current_password(context ctx, std::string user_id);

// The second step of a login: by the account's count of failed logins, so that both steps together have no more tries
// than the one. Nobody has a place there (remember_place()) who has not taken both.
task<attempt> admit_code(context ctx, std::string user_id);

task<attempt> admit_registration(context ctx, std::string email);
// Before anything is looked up for a mail to an address that somebody typed. An account has a count for each kind: one
// that is full has filled its mailbox with good links of that kind, and stops no other.
enum class mail_wish { reset, verification, registration };
task<attempt> admit_mail(context ctx, mail_wish what, std::string email);
// Before an e-mail is looked up that a user wants for his own: counted by the user and by the e-mail, whether or not
// there is a mail to send, for the answer tells whether it is taken.
task<attempt> admit_new_email(context ctx, std::string user_id, std::string email);
// Before a one-time token is looked up; give_back() if it was good.
task<attempt> admit_token(context ctx);
// Before a user's token is looked up, likewise.
task<attempt> admit_user_token(context ctx);

// A limit was full: one regular line in the log, and an entry for the audit trail (step/refusal_audit.h). `what`: the
// limit directive's name after "limit_"; `account`: for which account, as account_in_log() has it.
task<done> note_refusal(context ctx, std::string what, limit::verdict said, std::string account);
// "user <id>", "typed <keyed hash>" of what was typed, or "none": two lines can be told to be about the same.
std::string account_in_log(const context& ctx, const std::string& user_id, const std::string& typed);

// It does not count: it succeeded, or it failed through no fault of the client's. For each attempt once.
task<done> give_back(context ctx, attempt tried);
// It failed because something of ours did, so nothing was learned from it.
bool is_our_failure(const outcome& result);

}  // namespace gatehouse::operation
