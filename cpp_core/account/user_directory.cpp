#include "account/user_directory.h"

#include "account/statements.h"

namespace gatehouse::account {

namespace {

std::optional<std::string> parameter_of(std::optional<bool> wanted) {
  if (!wanted) return std::nullopt;
  return *wanted ? "true" : "false";
}

// Of users `p`: a condition more, or none.
std::string has_part(const std::string& part, const std::string& parameter) {
  return part.empty() ? "" : " AND strpos(lower(p.email), lower(" + parameter + "::text)) > 0";
}

// $5 to $17 are the parameters of change_user(), in their order.
std::string statement_of_change(bool ends_sessions) {
  const std::string is_another_address = "NOT " + same_email("email", "old_email");
  return "WITH " +
         user_among_admins("($7::boolean IS FALSE OR $8::boolean IS FALSE)",
                           ", email AS old_email, email_verified_at AS old_verified,"
                           " coalesce(('admin' = ANY (roles)) <> $7::boolean, false)"
                           " OR coalesce((disabled_at IS NULL) <> $8::boolean, false)"
                           " OR coalesce((email_verified_at IS NOT NULL) <> $9::boolean, false)"
                           " OR coalesce($11::text <> email, false) OR $13::text IS NOT NULL AS matters") +
         ", changed AS (UPDATE gatehouse.users u SET name = coalesce($6, name),"
         " first_name = coalesce($10, first_name), email = coalesce($11::text, email),"
         " metadata = coalesce($12::jsonb, metadata),"
         " roles = CASE WHEN $7::boolean AND NOT 'admin' = ANY (roles) THEN roles || 'admin'::text"
         " WHEN NOT $7::boolean THEN array_remove(roles, 'admin') ELSE roles END,"
         " disabled_at = CASE WHEN $8::boolean THEN NULL WHEN NOT $8::boolean THEN coalesce(disabled_at, now())"
         " ELSE disabled_at END,"
         " email_verified_at = CASE WHEN $9::boolean THEN coalesce(email_verified_at, now())"
         " WHEN NOT $9::boolean OR NOT " +
         same_email("$11::text", "email") +
         " THEN NULL ELSE email_verified_at END,"
         " auth_version = u.auth_version + CASE WHEN b.matters THEN 1 ELSE 0 END, updated_at = now()"
         " FROM before b WHERE u.id = b.id AND NOT b.is_last RETURNING u.*, b.old_email, b.old_verified), " +
         new_password("$13", "'change_email', 'reset'") + ", " +
         told(ends_sessions ? "kill" : "expire", "$14::text", "(SELECT matters FROM before)") + ", " +
         mail("to_new", "$15", "changed", "email", is_another_address + " AND email_verified_at IS NULL") + ", " +
         mail("to_old", "$16", "changed", "old_email",
              is_another_address + " AND " + may_be_told("$16", "old_verified")) +
         ", " + mail("notice", "$17", "changed", "old_email", may_be_told("$17", "old_verified")) + ", " +
         audit("user_changed") + " SELECT b.is_last, " + profile_of_u() +
         ", (SELECT told.id FROM told) AS outbox_id FROM before b LEFT JOIN changed u ON u.id = b.id"
         " WHERE b.is_last OR u.id IS NOT NULL";
}

}  // namespace

task<result<std::vector<user>>> user_directory::list_users(std::size_t skip, std::size_t take, std::string part) {
  // What is skipped is read from an index only, not from the table, unless its e-mails are looked at.
  std::string sql = "WITH page AS MATERIALIZED (SELECT p.id FROM gatehouse.users p WHERE p.realm = $1" +
                    has_part(part, "$4") + " ORDER BY p.created_at, p.id OFFSET $2::bigint LIMIT $3::bigint) SELECT " +
                    profile_of_u() +
                    " FROM gatehouse.users u WHERE u.id IN (SELECT page.id FROM page) ORDER BY u.created_at, u.id";
  parameters values{realm_, std::to_string(skip), std::to_string(take)};
  if (!part.empty()) values.emplace_back(std::move(part));
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

task<result<std::size_t>> user_directory::count_users(std::string part) {
  std::string sql = "SELECT count(*) FROM gatehouse.users p WHERE p.realm = $1" + has_part(part, "$2");
  parameters values{realm_};
  if (!part.empty()) values.emplace_back(std::move(part));
  const auto found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  co_return static_cast<std::size_t>(number_in(*found, 0, "count"));
}

task<result<user_directory::user_change>> user_directory::change_user(std::string user_id, change wanted, source from,
                                                                      letters told_by_mail) {
  using answer = user_change;
  const bool ends_sessions = wanted.is_active == false || wanted.password;
  std::string sql = statement_of_change(ends_sessions);
  const std::optional<std::string> to_new = order_of(told_by_mail.to_new, from);
  const std::optional<std::string> to_old = order_of(told_by_mail.to_old, from);
  const std::optional<std::string> notice = order_of(told_by_mail.password_changed, from);
  std::optional<std::string> email, metadata;
  if (wanted.email) email = wanted.email->as_typed();
  if (wanted.metadata) metadata = wanted.metadata->dump();
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(wanted.name), parameter_of(wanted.is_admin),
                               parameter_of(wanted.is_active), parameter_of(wanted.is_verified),
                               std::move(wanted.first_name), std::move(email), std::move(metadata),
                               std::move(wanted.password), std::move(wanted.keep_session), to_new, to_old, notice});
  const auto asked = co_await database_.ask(std::move(sql), std::move(values));
  if (!asked) co_return asked.failure();
  if (const auto* refused = std::get_if<postgres::refusal>(&*asked)) {
    if (const std::optional<taken> value = taken_value(*refused)) co_return answer(*value);
    co_return database::refused(*refused);
  }
  const auto& rows = std::get<postgres::rows>(*asked);
  if (rows.empty()) co_return answer(absent());
  if (rows.at(0, "is_last") == "t") co_return answer(last_administrator());
  result<user> now = profile_in(rows);
  if (!now) co_return now.failure();
  changed changed_user;
  changed_user.profile = std::move(*now);
  changed_user.ends_sessions = ends_sessions;
  if (rows.at(0, "outbox_id")) changed_user.outbox_id = number_in(rows, 0, "outbox_id");
  co_return answer(std::move(changed_user));
}

}  // namespace gatehouse::account
