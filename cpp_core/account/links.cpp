#include "account/links.h"

#include <utility>

#include "account/statements.h"
#include "base/hex.h"
#include "base/sha256.h"

namespace gatehouse::account {

namespace {

using postgres::answer;
using postgres::refusal;
using postgres::rows;

// A token `t` of user `u` that is good for one of `purposes`. A change of e-mail is bound to the one that is to be, all
// others to the e-mail that is; and a change and a reset to the password that they were asked for with.
std::string good_token(const std::string& hash, const std::string& purposes) {
  return "u.realm = $1 AND u.disabled_at IS NULL AND t.user_id = u.id AND t.hash = decode(" + hash +
         ", 'hex') AND t.purpose IN (" + purposes +
         ") AND t.used_at IS NULL AND t.expires_at > now() AND (t.purpose = 'change_email' OR " +
         same_email("t.email", "u.email") + ") AND (t.purpose = 'verify' OR NOT " + is_before_password("t.created_at") +
         ")";
}

// `owner`: the user whose token it is, and nobody changes him until this statement ends. Without the lock `used` would
// judge the row as it was when the statement began, and the change be made to one that has got another e-mail since.
// `used`: the token, now used up, if it is good for `purposes` and this owner.
std::string used(const std::string& hash, const std::string& purposes) {
  return "owner AS (SELECT u.* FROM gatehouse.users u WHERE u.realm = $1 AND u.id ="
         " (SELECT t.user_id FROM gatehouse.one_time_tokens t WHERE t.hash = decode(" +
         hash +
         ", 'hex')) FOR UPDATE),"
         " used AS (UPDATE gatehouse.one_time_tokens t SET used_at = now() FROM owner u WHERE " +
         good_token(hash, purposes) +
         " RETURNING t.user_id, t.purpose, t.email AS proved, u.email AS old_email, u.email_verified_at AS "
         "old_verified)";
}

constexpr const char* to_verify = "'verify', 'change_email'";
constexpr const char* to_reset = "'reset'";

result<link_use> use_in(const rows& changed) {
  result<user> now = profile_in(changed);
  if (!now) return now.failure();
  return link_use(link_used{std::move(*now), number_in(changed, 0, "outbox_id")});
}

}  // namespace

task<status> links::request(std::string email, mail_order letter, std::string event, source from) {
  std::string sql = "WITH changed AS (SELECT (SELECT u.id FROM gatehouse.users u WHERE u.realm = $1 AND " +
                    same_email("u.email", "$5::text") + ") AS id, NULL AS name), " +
                    mail("letter", "$6", "changed", "$5::text") + ", " + audit_of("$7") + " SELECT 1";
  const std::optional<std::string> order = order_of(std::move(letter), from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(email), order, std::move(event)});
  const result<rows> written = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!written) co_return written.failure();
  co_return done{};
}

task<result<link_owner>> links::find_verification(secret token) { return find(std::move(token), to_verify); }

task<result<link_owner>> links::find_reset(secret token) { return find(std::move(token), to_reset); }

task<result<link_owner>> links::find(secret token, std::string purposes) {
  std::string hash = hash_of(token);
  std::string sql = "SELECT " + profile_of_u() + " FROM gatehouse.users u, gatehouse.one_time_tokens t WHERE " +
                    good_token("$2", purposes);
  parameters values{realm_, hash};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (!found->empty()) {
    result<user> owner = profile_in(*found);
    if (!owner) co_return owner.failure();
    co_return link_owner(std::move(*owner));
  }
  const result<dead_link> why = co_await reason(std::move(hash), std::move(purposes));
  if (!why) co_return why.failure();
  co_return link_owner(*why);
}

task<result<link_use>> links::verify(secret token, std::optional<mail_order> to_old, source from) {
  std::string hash = hash_of(token);
  std::string sql = "WITH " + used("$5", to_verify) +
                    ", changed AS (UPDATE gatehouse.users u SET email = CASE WHEN used.purpose = 'change_email'"
                    " THEN used.proved ELSE u.email END, email_verified_at = now(), auth_version = auth_version + 1,"
                    " updated_at = now() FROM used WHERE u.id = used.user_id RETURNING u.*, used.purpose,"
                    " used.old_email, used.old_verified), " +
                    told("expire", "NULL::text", "true") + ", " +
                    mail("notice", "$6", "changed", "old_email",
                         "purpose = 'change_email' AND " + may_be_told("$6", "old_verified")) +
                    ", " + audit_of("CASE purpose WHEN 'verify' THEN 'email_verified' ELSE 'email_changed' END") +
                    " SELECT " + profile_of_u() + ", told.id AS outbox_id FROM changed u, told";
  const std::optional<std::string> order = order_of(to_old, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {hash, order});
  const result<answer> outcome = co_await database_.ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* problem = std::get_if<refusal>(&*outcome)) {
    if (problem->constraint == "users_realm_email") co_return link_use(email_taken());
    co_return database::refused(*problem);
  }
  const rows& changed = std::get<rows>(*outcome);
  if (!changed.empty()) co_return use_in(changed);
  const result<dead_link> why = co_await reason(std::move(hash), to_verify);
  if (!why) co_return why.failure();
  co_return link_use(*why);
}

task<result<link_use>> links::reset_password(secret token, std::string password, std::optional<mail_order> notice,
                                             source from) {
  std::string hash = hash_of(token);
  std::string sql = "WITH " + used("$5", to_reset) +
                    ", changed AS (UPDATE gatehouse.users u SET auth_version = auth_version + 1, updated_at = now(),"
                    " email_verified_at = coalesce(email_verified_at, now()) FROM used WHERE u.id = used.user_id"
                    " RETURNING u.*), " +
                    new_password("$6", "'change_email'") + ", " + told("kill", "NULL::text", "true") + ", " +
                    mail("notice", "$7", "changed", "email") + ", " + audit("password_reset") + " SELECT " +
                    profile_of_u() + ", told.id AS outbox_id FROM changed u, told";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {hash, std::move(password), order});
  const result<rows> changed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!changed) co_return changed.failure();
  if (!changed->empty()) co_return use_in(*changed);
  const result<dead_link> why = co_await reason(std::move(hash), to_reset);
  if (!why) co_return why.failure();
  co_return link_use(*why);
}

task<result<dead_link>> links::reason(std::string hash, std::string purposes) {
  std::string sql =
      "SELECT 1 FROM gatehouse.one_time_tokens t JOIN gatehouse.users u ON u.id = t.user_id"
      " WHERE u.realm = $1 AND t.hash = decode($2, 'hex') AND t.purpose IN (" +
      purposes + ") AND t.used_at IS NULL AND t.expires_at <= now()";
  parameters values{realm_, std::move(hash)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  co_return found->empty() ? dead_link::unknown : dead_link::expired;
}

std::string hash_of(const secret& token) {
  const sha256_digest digest = sha256_hasher()(token.reveal());
  return hex_encode({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace gatehouse::account
