#include "account/user_directory.h"

#include "account/statements.h"

namespace gatehouse::account {

namespace {

std::optional<std::string> parameter_of(std::optional<bool> wanted) {
  if (!wanted) return std::nullopt;
  return *wanted ? "true" : "false";
}

}  // namespace

task<result<std::vector<user>>> administration::list_users(std::size_t skip, std::size_t take) {
  // What is skipped is read from an index only, not from the table.
  std::string sql =
      "WITH page AS MATERIALIZED (SELECT p.id FROM gatehouse.users p WHERE p.realm = $1"
      " ORDER BY p.created_at, p.id OFFSET $2::bigint LIMIT $3::bigint) SELECT " +
      profile_of_u() + " FROM gatehouse.users u WHERE u.id IN (SELECT page.id FROM page) ORDER BY u.created_at, u.id";
  parameters values{realm_, std::to_string(skip), std::to_string(take)};
  const auto found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  std::vector<user> page;
  for (std::size_t row = 0; row < found->size(); ++row) {
    result<user> read = user_from_json(*found->at(row, "profile"));
    if (!read) co_return read.failure();
    page.push_back(std::move(*read));
  }
  co_return page;
}

task<result<administration::user_change>> administration::change_user(std::string user_id, change wanted, source from) {
  using answer = user_change;
  const bool ends_sessions = wanted.is_active == false;
  std::string sql =
      "WITH " +
      user_among_admins("($7::boolean IS FALSE OR $8::boolean IS FALSE)",
                        ", coalesce(('admin' = ANY (roles)) <> $7::boolean, false)"
                        " OR coalesce((disabled_at IS NULL) <> $8::boolean, false)"
                        " OR coalesce((email_verified_at IS NOT NULL) <> $9::boolean, false) AS matters") +
      ", changed AS (UPDATE gatehouse.users u SET name = coalesce($6, name),"
      " first_name = coalesce($10, first_name),"
      " roles = CASE WHEN $7::boolean AND NOT 'admin' = ANY (roles) THEN roles || 'admin'::text"
      " WHEN NOT $7::boolean THEN array_remove(roles, 'admin') ELSE roles END,"
      " disabled_at = CASE WHEN $8::boolean THEN NULL WHEN NOT $8::boolean THEN coalesce(disabled_at, now())"
      " ELSE disabled_at END,"
      " email_verified_at = CASE WHEN $9::boolean THEN coalesce(email_verified_at, now())"
      " WHEN NOT $9::boolean THEN NULL ELSE email_verified_at END,"
      " auth_version = u.auth_version + CASE WHEN b.matters THEN 1 ELSE 0 END, updated_at = now()"
      " FROM before b WHERE u.id = b.id AND NOT b.is_last RETURNING u.*), " +
      told(ends_sessions ? "kill" : "expire", "NULL::text", "(SELECT matters FROM before)") + ", " +
      audit("user_changed") + " SELECT b.is_last, " + profile_of_u() +
      ", (SELECT told.id FROM told) AS outbox_id FROM before b LEFT JOIN changed u ON u.id = b.id"
      " WHERE b.is_last OR u.id IS NOT NULL";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(),
                {std::move(user_id), std::move(wanted.name), parameter_of(wanted.is_admin),
                 parameter_of(wanted.is_active), parameter_of(wanted.is_verified), std::move(wanted.first_name)});
  const auto rows = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!rows) co_return rows.failure();
  if (rows->empty()) co_return answer(absent());
  if (rows->at(0, "is_last") == "t") co_return answer(last_administrator());
  result<user> now = profile_in(*rows);
  if (!now) co_return now.failure();
  changed made;
  made.profile = std::move(*now);
  made.ends_sessions = ends_sessions;
  if (rows->at(0, "outbox_id")) made.outbox_id = number_in(*rows, 0, "outbox_id");
  co_return answer(std::move(made));
}

}  // namespace gatehouse::account
