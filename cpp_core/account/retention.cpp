#include "account/retention.h"

namespace gatehouse::account {

task<result<bool>> retention::prune(seconds audit) {
  // Rows that another worker is deleting are left to it. An expired link is worth nothing in any realm.
  std::string sql =
      "WITH links AS (DELETE FROM gatehouse.one_time_tokens WHERE hash IN (SELECT t.hash"
      " FROM gatehouse.one_time_tokens t WHERE t.expires_at < now() - interval '30 days'"
      " ORDER BY t.expires_at LIMIT $3::integer FOR UPDATE SKIP LOCKED) RETURNING 1),"
      " mails AS (DELETE FROM gatehouse.outbox WHERE id IN (SELECT o.id FROM gatehouse.outbox o"
      " WHERE o.realm = $1 AND o.kind = 'mail' AND o.done_at < now() - interval '7 days'"
      " AND (o.state = 'sent' OR o.done_at < now() - interval '30 days')"
      " ORDER BY o.done_at LIMIT $3::integer FOR UPDATE SKIP LOCKED) RETURNING 1),"
      " events AS (SELECT gatehouse.forget_audit_events($1, make_interval(secs => $2::bigint), $3::integer) AS gone)"
      " SELECT greatest((SELECT count(*) FROM links), (SELECT count(*) FROM mails), events.gone) >= $3::integer AS more"
      " FROM events";
  parameters values{realm_, std::to_string(audit.count()), "1000"};
  const result<postgres::rows> pruned = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!pruned) co_return pruned.failure();
  co_return pruned->at(0, "more") == "t";
}

}  // namespace gatehouse::account
