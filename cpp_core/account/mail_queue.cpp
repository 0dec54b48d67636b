#include "account/mail_queue.h"

#include <utility>

#include "account/links.h"
#include "account/statements.h"

namespace gatehouse::account {

namespace {

using postgres::rows;

// Of a mail `o` with a link, and the user `u` it is for, who may be absent.
std::string is_moot() {
  return "(u.id IS NULL OR u.disabled_at IS NOT NULL"
         " OR CASE o.payload ->> 'purpose' WHEN 'change_email' THEN " +
         same_email("u.email", "(o.payload ->> 'to')") + " ELSE NOT " + same_email("u.email", "(o.payload ->> 'to')") +
         " END OR o.payload ->> 'purpose' = 'verify' AND u.email_verified_at IS NOT NULL"
         " OR o.payload ->> 'purpose' IN ('change_email', 'reset') AND " +
         is_before_password("o.created_at") +
         " OR EXISTS (SELECT FROM gatehouse.outbox n WHERE n.realm = $1 AND n.kind = 'mail' AND n.id > o.id"
         " AND n.payload ->> 'user' = o.payload ->> 'user' AND n.payload ->> 'purpose' = o.payload ->> 'purpose'))";
}

// `judged`: the rows of `mails`, which has a mail at most, with their users and whether they are moot.
std::string judged(const std::string& mails) {
  return "judged AS (SELECT o.*, u.id AS user_id, u.name, u.email, o.payload ->> 'purpose' IS NOT NULL AND " +
         is_moot() + " AS moot FROM " + mails +
         " o LEFT JOIN gatehouse.users u ON u.realm = $1 AND u.id = (o.payload ->> 'user')::uuid)";
}

// Of a mail: until when it is whose it is, in microseconds. Nobody can take it before then, so nobody else gets the
// same; and unlike `attempts`, which put_back() lowers, it does not come back.
std::string lease_of(const std::string& row) { return "(extract(epoch FROM " + row + ".due_at) * 1000000)::bigint"; }

// Condition: mail `o` is queued, and still the taker's.
std::string is_held(const std::string& id, const std::string& lease) {
  return "o.realm = $1 AND o.kind = 'mail' AND o.id = " + id + "::bigint AND o.state = 'queued' AND " + lease_of("o") +
         " = " + lease + "::bigint";
}

std::string text_at(const rows& found, std::string_view column) {
  return std::string(found.at(0, column).value_or(std::string_view()));
}

}  // namespace

task<result<std::optional<queued_mail>>> mail_queue::take(seconds how_long) {
  std::string sql =
      "WITH due AS (SELECT id FROM gatehouse.outbox WHERE realm = $1 AND kind = 'mail' AND state = 'queued'"
      " AND due_at <= now() ORDER BY due_at LIMIT 1 FOR UPDATE SKIP LOCKED),"
      " taken AS (UPDATE gatehouse.outbox o SET due_at = now() + make_interval(secs => $2::integer),"
      " attempts = attempts + 1 FROM due WHERE o.id = due.id RETURNING o.*), " +
      judged("taken") + " SELECT id, " + lease_of("judged") +
      " AS lease, attempts, extract(epoch FROM created_at)::bigint AS written_at, moot,"
      " coalesce(name, payload ->> 'name') AS name, payload ->> 'user' AS \"user\", payload ->> 'letter' AS letter,"
      // As the user writes it, not whoever asked.
      " CASE WHEN payload ->> 'purpose' IN ('verify', 'reset') THEN email ELSE payload ->> 'to' END AS to,"
      " payload ->> 'language' AS language, payload ->> 'link' AS link, payload ->> 'lifetime' AS lifetime,"
      " payload ->> 'address' AS address, payload ->> 'user_agent' AS user_agent,"
      " payload ->> 'message_id' AS message_id FROM judged";
  parameters values{realm_, std::to_string(how_long.count())};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (found->empty()) co_return std::optional<queued_mail>();

  queued_mail next;
  next.id = number_in(*found, 0, "id");
  next.lease = number_in(*found, 0, "lease");
  next.attempt = number_in(*found, 0, "attempts");
  next.written_at = number_in(*found, 0, "written_at");
  next.moot = found->at(0, "moot") == "t";
  next.user = text_at(*found, "user");
  next.letter = text_at(*found, "letter");
  next.to = text_at(*found, "to");
  next.name = text_at(*found, "name");
  next.language = text_at(*found, "language");
  next.link = text_at(*found, "link");
  next.lifetime = seconds(number_in(*found, 0, "lifetime"));
  next.address = text_at(*found, "address");
  next.user_agent = text_at(*found, "user_agent");
  next.message_id = text_at(*found, "message_id");
  co_return std::optional<queued_mail>(std::move(next));
}

task<result<bool>> mail_queue::issue(std::int64_t id, std::int64_t lease, secret token) {
  std::string sql =
      "WITH mine AS (SELECT * FROM gatehouse.outbox o WHERE " + is_held("$2", "$3") + " FOR UPDATE), " +
      judged("mine") +
      ", issued AS (INSERT INTO gatehouse.one_time_tokens AS t (hash, user_id, purpose, email, created_at, expires_at)"
      " SELECT decode($4, 'hex'), user_id, payload ->> 'purpose', payload ->> 'to', created_at,"
      " now() + make_interval(secs => (payload ->> 'lifetime')::integer) FROM judged"
      " WHERE payload ->> 'purpose' IS NOT NULL AND NOT moot ON CONFLICT (user_id, purpose) DO UPDATE"
      " SET hash = excluded.hash, email = excluded.email, created_at = excluded.created_at,"
      " expires_at = excluded.expires_at, used_at = NULL"
      // A later mail that another worker sends in these moments, and that judged does not see.
      " WHERE t.created_at <= excluded.created_at RETURNING 1)"
      " SELECT 1 FROM judged WHERE payload ->> 'purpose' IS NULL OR EXISTS (SELECT FROM issued)";
  parameters values{realm_, std::to_string(id), std::to_string(lease), hash_of(token)};
  const result<rows> issued = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!issued) co_return issued.failure();
  co_return !issued->empty();
}

task<status> mail_queue::sent(std::int64_t id, std::string words) {
  std::string sql =
      "UPDATE gatehouse.outbox SET state = 'sent', done_at = now(), reply = $3 WHERE realm = $1 AND id = $2::bigint";
  parameters values{realm_, std::to_string(id), std::move(words)};
  const result<rows> changed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!changed) co_return changed.failure();
  co_return done{};
}

task<status> mail_queue::failed(std::int64_t id, std::int64_t lease, std::string words) {
  co_return co_await change("state = 'failed', done_at = now()", id, lease, std::move(words), seconds(0));
}

task<status> mail_queue::retry(std::int64_t id, std::int64_t lease, std::string words, seconds after) {
  co_return co_await change("due_at = now() + make_interval(secs => $5::integer)", id, lease, std::move(words), after);
}

task<status> mail_queue::put_back(std::int64_t id, std::int64_t lease, std::string words, seconds after) {
  co_return co_await change("attempts = attempts - 1, due_at = now() + make_interval(secs => $5::integer)", id, lease,
                            std::move(words), after);
}

task<status> mail_queue::change(std::string what, std::int64_t id, std::int64_t lease, std::string words,
                                seconds after) {
  std::string sql = "UPDATE gatehouse.outbox o SET reply = $4, " + what + " WHERE " + is_held("$2", "$3") +
                    " AND $5::integer IS NOT NULL";
  parameters values{realm_, std::to_string(id), std::to_string(lease), std::move(words), std::to_string(after.count())};
  const result<rows> changed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!changed) co_return changed.failure();
  co_return done{};
}

task<status> mail_queue::drop(std::int64_t id, std::int64_t lease) {
  std::string sql = "DELETE FROM gatehouse.outbox o WHERE " + is_held("$2", "$3");
  parameters values{realm_, std::to_string(id), std::to_string(lease)};
  const result<rows> deleted = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!deleted) co_return deleted.failure();
  co_return done{};
}

void mail_queue::on_mail(std::function<void()> due) {
  database_.pool().listen("gatehouse_outbox", [this, due = std::move(due)](std::string_view payload) {
    if (payload == realm_ + "/mail") due();
  });
}

}  // namespace gatehouse::account
