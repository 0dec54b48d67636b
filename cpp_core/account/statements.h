// Pieces of statements that the stores of this room share. In all of them $1 is the realm; where a change is recorded,
// $2, $3 and $4 are the source, and the rows changed are called `changed`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "account/database.h"
#include "account/source.h"
#include "account/user.h"
#include "postgres/answer.h"

namespace gatehouse::account {

// A row `u` of gatehouse.users as user_from_json() reads it, named `profile`.
const std::string& profile_of_u();

// The e-mail that user `u` has asked for and not confirmed yet, named `pending_email`; null: none. That of the mail
// that is still to be sent, else that of a link that is still good.
const std::string& pending_email_of_u();

// `column` is this address, in any case of letters.
std::string same_email(const std::string& column, const std::string& value);

// `admins`: the realm's administrators who can log in, locked until the statement's end, where `condition` holds; and
// `before`, the user $5 with auth_version, `is_last` (he is the only one of them) and `columns`, locked after them: of
// two statements that would each leave the other's administrator, the second one sees what the first has done.
std::string user_among_admins(const std::string& condition, const std::string& columns);

// The row of the audit trail.
std::string audit(const std::string& event);
// The same; `event` is an expression over `changed`.
std::string audit_of(const std::string& event);

// `told`: the revocation in the outbox, where `condition` holds. Due in 5 s, for the caller has his turn first.
std::string told(const std::string& effect, const std::string& kept_session, const std::string& condition);

// A mail in the outbox, and a word to the dispatcher. `name`: of this piece; `order`: the parameter that holds
// order_of(), a null orders none; `from`: rows with id and name, whose `to` (an expression) is written to, where
// `condition` holds.
std::string mail(const std::string& name, const std::string& order, const std::string& from, const std::string& to,
                 const std::string& condition = "true");

// `credential`: gives the users in `changed` the password that parameter `password` holds; a null gives none, and
// leaves all of this as it is. `voided_mails`, `voided`: it
// is the owner's word on who may have the account, so an e-mail that was asked for before, by whoever knew the old one,
// is not changed to any more; its mail is deleted unless it was sent, and the links for the purposes `voided_links`, a
// list in SQL. Of what another statement is writing now, and these do not see, is_before_password() tells.
std::string new_password(const std::string& password, const std::string& voided_links);
// The password of user `u` has been set since `time`.
std::string is_before_password(const std::string& time);

// A condition of mail(): the e-mail was verified at `time`, unless `order` goes to any.
std::string may_be_told(const std::string& order, const std::string& time);

// The parameters $1 … $4.
parameters recorded(const std::string& realm, source from);

// What a client sent, in printable ASCII and cut, so that none of it can make a statement fail.
std::string printable(std::string text);
std::optional<std::string> unless_empty(std::string text);

// ---- From rows.

result<user> profile_in(const postgres::rows& found);
// Whose value it is that a constraint has refused; nullopt: it was another one.
std::optional<taken> taken_value(const postgres::refusal& refused);
std::int64_t number_in(const postgres::rows& found, std::size_t row, std::string_view column);

}  // namespace gatehouse::account
