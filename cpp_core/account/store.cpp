#include "account/store.h"

#include <string_view>
#include <utility>

#include "account/statements.h"

namespace gatehouse::account {

namespace {

using postgres::answer;
using postgres::refusal;
using postgres::rows;

constexpr seconds clock_difference{300};  // of PostgreSQL's and Redis' clocks

// A kill of the same user that has not been carried out; `user` and `before`: which user, and before which row.
// It does not say that the kill is queued, which would lead the planner to the index of all that are.
std::string earlier_kill(const std::string& user, const std::string& before) {
  return "EXISTS (SELECT FROM gatehouse.outbox k WHERE k.realm = $1 AND k.kind = 'revoke'"
         " AND k.payload ->> 'user' = " +
         user + " AND k.payload ->> 'effect' = 'kill' AND k.id < " + before + ")";
}

}  // namespace

task<result<std::optional<known_user>>> store::find_by_login(std::string identifier) {
  // No username has an @, so at most one user fits.
  std::string fits =
      "(lower(u.email COLLATE \"C\") = lower($2::text COLLATE \"C\")"
      " OR lower(u.username COLLATE \"C\") = lower($2::text COLLATE \"C\"))";
  result<std::optional<known_user>> found = co_await find_one(std::move(fits), std::move(identifier));
  co_return found;
}

task<result<std::optional<known_user>>> store::find(std::string user_id) {
  std::string fits = "u.id = $2::uuid";
  result<std::optional<known_user>> found = co_await find_one(std::move(fits), std::move(user_id));
  co_return found;
}

task<result<std::optional<known_user>>> store::find_one(std::string condition, std::string value) {
  std::string sql = "SELECT " + profile_of_u() + ", " + pending_email_of_u() +
                    ", c.data AS password FROM gatehouse.users u"
                    " LEFT JOIN gatehouse.credentials c ON c.user_id = u.id AND c.kind = 'password'"
                    " WHERE u.realm = $1 AND " +
                    condition;
  parameters values{realm_, std::move(value)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  // What PostgreSQL cannot even hold (a NUL, no UTF-8, no UUID) is nobody's.
  if (!found && found.failure().kind == fault::invalid) co_return std::optional<known_user>();
  if (!found) co_return found.failure();
  if (found->empty()) co_return std::optional<known_user>();

  result<user> read = profile_in(*found);
  if (!read) co_return read.failure();
  known_user known{std::move(*read), std::nullopt, std::nullopt};
  if (const auto password = found->at(0, "password")) known.password = std::string(*password);
  if (const auto pending = found->at(0, "pending_email")) known.pending_email = std::string(*pending);
  co_return std::optional<known_user>(std::move(known));
}

task<result<creation>> store::create(new_user who, std::string password, source from,
                                     std::optional<mail_order> greeting) {
  std::string sql =
      "WITH changed AS (INSERT INTO gatehouse.users (realm, email, username, name, metadata, first_name, disabled_at)"
      " VALUES ($1, $5, $6, $7, $8::jsonb, $11, CASE WHEN $12::boolean THEN NULL ELSE now() END) RETURNING *),"
      " credential AS (INSERT INTO gatehouse.credentials (user_id, kind, data)"
      " SELECT id, 'password', $9 FROM changed), " +
      mail("greeting", "$10", "changed", "email") + ", " + audit("registered") + " SELECT " + profile_of_u() +
      " FROM changed u";
  const std::optional<std::string> order = order_of(greeting, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {who.email.as_typed(), who.username, who.name, who.metadata.dump(), password, order,
                               who.first_name, who.active ? "true" : "false"});
  const result<answer> outcome = co_await database_.ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* problem = std::get_if<refusal>(&*outcome)) {
    if (const std::optional<taken> value = taken_value(*problem)) co_return creation(*value);
    co_return database::refused(*problem);
  }
  result<user> created = profile_in(std::get<rows>(*outcome));
  if (!created) co_return created.failure();
  co_return creation(std::move(*created));
}

task<status> store::create_quietly(new_user who, std::string password, source from, mail_order greeting,
                                   mail_order to_owner) {
  // The second half sees the table as it was before the first: an owner there is one who was there already.
  std::string sql =
      "WITH fresh AS (INSERT INTO gatehouse.users (realm, email, name, metadata) VALUES ($1, $5, $6, $7::jsonb)"
      " ON CONFLICT DO NOTHING RETURNING *),"
      " credential AS (INSERT INTO gatehouse.credentials (user_id, kind, data)"
      " SELECT id, 'password', $8 FROM fresh),"
      " owner AS (SELECT u.* FROM gatehouse.users u WHERE u.realm = $1 AND " +
      same_email("u.email", "$5::text") +
      "), changed AS (SELECT id, 'registered' AS event FROM fresh"
      " UNION ALL SELECT id, 'registered_again' FROM owner), " +
      mail("greeting", "$9", "fresh", "email") + ", " + mail("notice", "$10", "owner", "email") + ", " +
      audit_of("event") + " SELECT 1";
  const std::optional<std::string> first = order_of(std::move(greeting), from);
  const std::optional<std::string> second = order_of(std::move(to_owner), from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {who.email.as_typed(), who.name, who.metadata.dump(), password, first, second});
  const result<rows> created = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!created) co_return created.failure();
  co_return done{};
}

task<result<profile_change>> store::change_profile(std::string user_id, profile_changes changes,
                                                   std::optional<std::int64_t> expected, source from,
                                                   email_letters letters) {
  std::string sql =
      "WITH before AS (SELECT id, email AS old_email, email_verified_at AS old_verified FROM gatehouse.users"
      " WHERE realm = $1 AND id = $5::uuid),"
      " changed AS (UPDATE gatehouse.users u SET name = coalesce($6, name),"
      " first_name = coalesce($14, first_name), email = coalesce($7::text, email),"
      " email_verified_at = CASE WHEN NOT " +
      same_email("$7::text", "email") +
      " THEN NULL ELSE email_verified_at END, auth_version = auth_version + CASE WHEN $7::text <> email THEN 1 ELSE 0"
      " END, username = coalesce($8, username), metadata = coalesce($9::jsonb, metadata), updated_at = now()"
      " WHERE u.realm = $1 AND u.id = $5::uuid"
      " AND (u.auth_version = $10::bigint OR ($10::bigint IS NULL AND $7::text IS NULL)) RETURNING *), " +
      told("expire", "NULL::text", "auth_version > $10::bigint") + ", " +
      mail("to_new", "$11", "changed", "coalesce($13::text, email)",
           "($13::text IS NOT NULL OR email_verified_at IS NULL)") +
      ", " +
      mail("to_old", "$12", "changed JOIN before USING (id)", "old_email",
           "NOT " + same_email("email", "old_email") + " AND " + may_be_told("$12", "old_verified")) +
      ", " + audit("profile_changed") + " SELECT " + profile_of_u() + ", (SELECT told.id FROM told WHERE NOT " +
      earlier_kill("u.id::text", "told.id") + ") AS outbox_id FROM changed u";
  const std::optional<std::string> to_new = order_of(letters.to_new, from);
  const std::optional<std::string> to_old = order_of(letters.to_old, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(),
                {std::move(user_id), std::move(changes.name), std::nullopt, std::move(changes.username), std::nullopt,
                 std::nullopt, to_new, to_old, std::nullopt, std::move(changes.first_name)});
  if (changes.email) values[6] = changes.email->as_typed();
  if (changes.metadata) values[8] = changes.metadata->dump();
  if (expected) values[9] = std::to_string(*expected);
  if (letters.pending) values[12] = letters.pending->as_typed();
  const result<answer> outcome = co_await database_.ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* problem = std::get_if<refusal>(&*outcome)) {
    if (const std::optional<taken> value = taken_value(*problem)) co_return profile_change(*value);
    co_return database::refused(*problem);
  }
  const rows& changed = std::get<rows>(*outcome);
  if (changed.empty()) co_return profile_change(absent());
  result<user> now = profile_in(changed);
  if (!now) co_return now.failure();
  profile_changed changed_profile{std::move(*now), std::nullopt};
  if (changed.at(0, "outbox_id")) changed_profile.outbox_id = number_in(changed, 0, "outbox_id");
  co_return profile_change(std::move(changed_profile));
}

task<result<password_change>> store::change_password(std::string user_id, std::string password,
                                                     std::string keep_session, std::int64_t expected, source from,
                                                     std::optional<mail_order> notice) {
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.users u SET auth_version = auth_version + 1, updated_at = now()"
      " WHERE u.realm = $1 AND u.id = $5::uuid AND u.auth_version = $6::bigint RETURNING *), " +
      new_password("$7", "'change_email', 'reset'") + ", " + told("kill", "$8::text", "true") + ", " +
      mail("notice", "$9", "changed", "email", may_be_told("$9", "email_verified_at")) + ", " +
      audit("password_changed") + " SELECT " + profile_of_u() + ", told.id AS outbox_id FROM changed u, told";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::to_string(expected), std::move(password),
                               unless_empty(std::move(keep_session)), order});
  const result<rows> changed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!changed) co_return changed.failure();
  if (changed->empty()) co_return password_change(absent());
  result<user> now = profile_in(*changed);
  if (!now) co_return now.failure();
  co_return password_change(password_changed{std::move(*now), number_in(*changed, 0, "outbox_id")});
}

task<result<bool>> store::replace_hash(std::string user_id, std::string old_password, std::string new_password) {
  std::string sql =
      "UPDATE gatehouse.credentials c SET data = $4, rehashed_at = clock_timestamp() FROM gatehouse.users u"
      " WHERE u.realm = $1 AND u.id = $2::uuid AND c.user_id = u.id AND c.kind = 'password' AND c.data = $3"
      " RETURNING 1";
  parameters values{realm_, std::move(user_id), std::move(old_password), std::move(new_password)};
  const result<rows> replaced = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!replaced) co_return replaced.failure();
  co_return !replaced->empty();
}

task<result<removal>> store::remove(std::string user_id, bool keeps_admin, source from) {
  std::string sql =
      "WITH " + user_among_admins("$6::boolean", "") +
      ", changed AS (DELETE FROM gatehouse.users u USING before b WHERE u.id = b.id AND NOT b.is_last"
      " RETURNING u.id, u.auth_version + 1 AS auth_version), " +
      told("kill", "NULL::text", "true") + ", " + audit("removed") +
      " SELECT b.is_last, changed.auth_version, told.id AS outbox_id FROM before b"
      " LEFT JOIN (changed CROSS JOIN told) ON changed.id = b.id WHERE b.is_last OR changed.id IS NOT NULL";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), keeps_admin ? "true" : "false"});
  const result<rows> gone = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!gone) co_return gone.failure();
  if (gone->empty()) co_return removal(absent());
  if (gone->at(0, "is_last") == "t") co_return removal(last_administrator());
  co_return removal(removed{number_in(*gone, 0, "auth_version"), number_in(*gone, 0, "outbox_id")});
}

task<result<bool>> store::record_login(std::string user_id, source from, std::optional<mail_order> notice) {
  // The row of this very login is not among those that the statement sees.
  const std::string earlier_login =
      "EXISTS (SELECT FROM gatehouse.audit_events a WHERE a.realm = $1 AND a.user_id = changed.id"
      " AND a.event = 'login'";
  const std::string is_new = earlier_login + ") AND NOT " + earlier_login +
                             " AND a.at > now() - interval '90 days' AND a.address = $2 AND a.user_agent = $3)";
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.users u SET last_login_at = now() WHERE u.realm = $1 AND u.id = $5::uuid"
      " RETURNING u.*), " +
      mail("notice", "$6", "changed", "email", is_new + " AND " + may_be_told("$6", "email_verified_at")) + ", " +
      audit("login") + " SELECT id FROM changed";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), order});
  const result<rows> known = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!known) co_return known.failure();
  co_return !known->empty();
}

task<result<bool>> store::record_logout(std::string user_id, source from) {
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.users u SET last_logout_at = now() WHERE u.realm = $1 AND u.id = $5::uuid"
      " RETURNING u.id), " +
      audit("logout") + " SELECT id FROM changed";
  parameters values = recorded(realm_, std::move(from));
  values.emplace_back(std::move(user_id));
  const result<rows> known = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!known) co_return known.failure();
  co_return !known->empty();
}

task<status> store::record_event(std::string event, std::string user_id, nlohmann::json detail, source from) {
  std::string sql =
      "INSERT INTO gatehouse.audit_events (realm, address, user_agent, session_id, event, user_id, detail)"
      " VALUES ($1, $2, $3, $4, $5, $6::uuid, $7::jsonb)";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(event), unless_empty(std::move(user_id)), detail.dump()});
  const result<rows> written = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!written) co_return written.failure();
  co_return done{};
}

task<status> store::record_refusals(nlohmann::json rows) {
  std::string sql =
      "INSERT INTO gatehouse.audit_events (realm, event, user_id, address, detail)"
      " SELECT $1, 'attempts_refused', r.user_id, r.address, r.detail"
      " FROM jsonb_to_recordset($2::jsonb) AS r (user_id uuid, address text, detail jsonb)";
  parameters values{realm_, rows.dump()};
  const result<postgres::rows> written = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!written) co_return written.failure();
  co_return done{};
}

task<result<std::vector<revocation>>> store::take_revocations(std::size_t limit) {
  std::string sql =
      "WITH due AS (SELECT id FROM gatehouse.outbox o WHERE realm = $1 AND kind = 'revoke' AND state = 'queued'"
      " AND due_at <= now()"
      " AND NOT (payload ->> 'effect' = 'expire' AND " +
      earlier_kill("o.payload ->> 'user'", "o.id") +
      ") ORDER BY id LIMIT $2::bigint FOR UPDATE SKIP LOCKED),"
      " taken AS (UPDATE gatehouse.outbox o SET due_at = now() + interval '30 seconds', attempts = attempts + 1"
      " FROM due WHERE o.id = due.id RETURNING o.id, o.payload)"
      " SELECT id, payload ->> 'user' AS user_id, payload ->> 'av' AS auth_version, payload ->> 'effect' AS effect,"
      " payload ->> 'keep' AS keep, payload ->> 'session' AS session FROM taken ORDER BY id";
  parameters values{realm_, std::to_string(limit)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();

  std::vector<revocation> due;
  for (std::size_t row = 0; row < found->size(); ++row) {
    revocation each;
    each.outbox_id = number_in(*found, row, "id");
    each.user_id = found->at(row, "user_id").value();
    each.least_auth_version = number_in(*found, row, "auth_version");
    each.what = found->at(row, "effect") == "expire" ? revocation::effect::expire : revocation::effect::kill;
    if (const auto keep = found->at(row, "keep")) each.keep_session = std::string(*keep);
    if (const auto session = found->at(row, "session")) {
      each.what = revocation::effect::end;
      each.token_id = std::string(*session);
    }
    due.push_back(std::move(each));
  }
  co_return due;
}

void store::on_revocation(std::function<void()> due) {
  database_.pool().listen("gatehouse_outbox", [this, due = std::move(due)](std::string_view realm) {
    if (realm == realm_) due();
  });
}

task<result<std::vector<store::ended_session>>> store::ended_among(std::vector<open_session> open) {
  nlohmann::json list = nlohmann::json::array();
  for (const open_session& each : open) {
    list.push_back({{"sid", each.session_id},
                    {"of", each.user_id},
                    {"av", each.auth_version},
                    {"created", each.created_at - clock_difference.count()}});
  }
  std::string sql =
      "SELECT s.sid, s.of, s.av, ended.for_good FROM jsonb_to_recordset($2::jsonb)"
      " AS s(sid text, of uuid, av bigint, created bigint)"
      " LEFT JOIN gatehouse.users u ON u.realm = $1 AND u.id = s.of"
      " CROSS JOIN LATERAL (SELECT u.id IS NULL OR u.disabled_at IS NOT NULL"
      " OR EXISTS (SELECT FROM gatehouse.audit_events a WHERE a.realm = $1 AND a.user_id = s.of"
      " AND a.at >= to_timestamp(s.created)"
      " AND (a.session_id = s.sid AND a.event IN ('logout', 'session_ended', 'refresh_token_reused', "
      "'hand_over_code_reused')"
      " OR a.detail -> 'sessions' ? s.sid)) AS for_good) ended"
      " WHERE ended.for_good OR u.auth_version > s.av + (SELECT count(*) FROM gatehouse.outbox o"
      " WHERE o.realm = $1 AND o.kind = 'revoke' AND o.payload ->> 'user' = s.of::text"
      " AND (o.payload ->> 'av')::bigint > s.av)";
  parameters values{realm_, list.dump()};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();

  std::vector<ended_session> ended;
  for (std::size_t row = 0; row < found->size(); ++row) {
    ended_session each;
    each.session_id = found->at(row, "sid").value();
    each.user_id = found->at(row, "of").value();
    if (found->at(row, "for_good") != "t") each.auth_version = number_in(*found, row, "av");
    ended.push_back(std::move(each));
  }
  co_return ended;
}

task<status> store::finish(std::int64_t outbox_id) {
  std::string sql = "DELETE FROM gatehouse.outbox WHERE realm = $1 AND id = $2::bigint";
  parameters values{realm_, std::to_string(outbox_id)};
  const result<rows> deleted = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!deleted) co_return deleted.failure();
  co_return done{};
}

task<status> store::put_back(std::vector<std::int64_t> outbox_ids) {
  std::string ids;
  for (const std::int64_t each : outbox_ids) ids += (ids.empty() ? "" : ",") + std::to_string(each);
  std::string sql =
      "UPDATE gatehouse.outbox SET due_at = now() + interval '1 second' WHERE realm = $1 AND id = ANY ($2::bigint[])";
  parameters values{realm_, "{" + ids + "}"};
  const result<rows> moved = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!moved) co_return moved.failure();
  co_return done{};
}

}  // namespace gatehouse::account
