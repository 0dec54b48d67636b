#include "account/store.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gatehouse::account {

namespace {

using postgres::answer;
using postgres::refusal;
using postgres::rows;

// What this code needs: file N of sql/ is version N.
constexpr std::array<const char*, 7> migrations{"001_schema_version.sql",  "002_users.sql",  "003_credentials.sql",
                                                "004_one_time_tokens.sql", "005_outbox.sql", "006_audit_events.sql",
                                                "007_administration.sql"};

error missing_migration(const std::string& server, std::size_t version) {
  return {fault::unavailable, server + ": the schema is not complete; apply sql/" + migrations.at(version - 1) +
                                  " and what follows it, in order"};
}

bool is_missing_schema(std::string_view sqlstate) {  // undefined table, schema, column
  return sqlstate == "42P01" || sqlstate == "3F000" || sqlstate == "42703";
}

error refused(const refusal& no) {
  const std::string_view kind = std::string_view(no.sqlstate).substr(0, 2);
  if (kind == "22" || kind == "23") return {fault::invalid, no.what};  // data exception, constraint violation
  if (is_missing_schema(no.sqlstate)) return {fault::unavailable, no.what + "; have all files of sql/ been applied?"};
  if (no.sqlstate == "42501") return {fault::unavailable, no.what + "; see the GRANTs in sql/007_administration.sql"};
  return {fault::internal, no.what};
}

std::optional<taken> taken_value(const refusal& no) {
  if (no.constraint == "users_realm_email") return taken::email;
  if (no.constraint == "users_realm_username") return taken::username;
  return std::nullopt;
}

// A user agent is whatever bytes the client sent, and none of them may make the statement fail.
std::string printable(std::string text) {
  constexpr std::size_t most = 512;
  text.resize(std::min(text.size(), most));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text;
}

std::optional<std::string> unless_empty(std::string text) {
  if (text.empty()) return std::nullopt;
  return text;
}

// ---- Pieces of statements. $1 is the realm; where a change is recorded, $2, $3 and $4 are the source, and the rows
// ---- changed are called `changed`.

std::string milliseconds(const std::string& column) {
  return "'" + column + "', (extract(epoch FROM u." + column + ") * 1000)::bigint";
}

// A row `u` of gatehouse.users as user_from_json() reads it.
const std::string& profile_of_u() {
  static const std::string text =
      "json_build_object('id', u.id, 'email', u.email, 'username', u.username, 'name', u.name, 'roles', u.roles,"
      " 'metadata', u.metadata, 'auth_version', u.auth_version, " +
      milliseconds("email_verified_at") + ", " + milliseconds("disabled_at") + ", " + milliseconds("created_at") +
      ", " + milliseconds("updated_at") + ", " + milliseconds("last_login_at") + ") AS profile";
  return text;
}

std::string audit(const std::string& event) {
  return "audit AS (INSERT INTO gatehouse.audit_events (realm, user_id, event, address, user_agent, session_id)"
         " SELECT $1, id, '" +
         event + "', $2, $3, $4 FROM changed)";
}

// Due in 5 s, for the caller has his turn first.
std::string told(const std::string& effect, const std::string& kept_session, const std::string& condition) {
  return "told AS (INSERT INTO gatehouse.outbox (realm, kind, payload, due_at)"
         " SELECT $1, 'revoke', jsonb_build_object('user', id, 'av', auth_version, 'effect', '" +
         effect + "', 'keep', " + kept_session + "), now() + interval '5 seconds' FROM changed WHERE " + condition +
         " RETURNING id)";
}

// A kill of the same user that has not been carried out; `user` and `before`: which user, and before which row.
std::string earlier_kill(const std::string& user, const std::string& before) {
  return "EXISTS (SELECT FROM gatehouse.outbox k WHERE k.realm = $1 AND k.kind = 'revoke'"
         " AND k.payload ->> 'user' = " +
         user + " AND k.payload ->> 'effect' = 'kill' AND k.id < " + before + ")";
}

std::vector<std::optional<std::string>> recorded(const std::string& realm, source from) {
  return {realm, printable(std::move(from.address)), printable(std::move(from.user_agent)),
          unless_empty(printable(std::move(from.session_id)))};
}

// ---- From rows.

result<user> profile_in(const rows& found) { return user_from_json(*found.at(0, "profile")); }

std::int64_t number_in(const rows& found, std::size_t row, std::string_view column) {
  return std::stoll(std::string(*found.at(row, column)));
}

}  // namespace

task<status> store::ready() {
  if (checked_ != 0 && checked_ == pool_.epoch()) co_return done{};

  std::string sql =
      "SELECT v AS version FROM generate_series(1, $1::integer) v"
      " WHERE NOT EXISTS (SELECT FROM gatehouse.schema_version s WHERE s.version = v) ORDER BY v LIMIT 1";
  parameters values{std::to_string(migrations.size())};
  const result<answer> found = co_await pool_.query(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (const auto* no = std::get_if<refusal>(&*found)) {
    co_return is_missing_schema(no->sqlstate) ? missing_migration(pool_.server(), 1) : refused(*no);
  }
  const rows& missing = std::get<rows>(*found);
  if (!missing.empty()) {
    co_return missing_migration(pool_.server(), static_cast<std::size_t>(number_in(missing, 0, "version")));
  }
  checked_ = pool_.epoch();
  co_return done{};
}

task<result<answer>> store::ask(std::string sql, parameters values) {
  const status is_ready = co_await ready();
  if (!is_ready) co_return is_ready.failure();
  result<answer> outcome = co_await pool_.query(std::move(sql), std::move(values));
  if (outcome) {
    const auto* no = std::get_if<refusal>(&*outcome);
    if (no != nullptr && is_missing_schema(no->sqlstate)) checked_ = 0;
  }
  co_return outcome;
}

task<result<rows>> store::rows_of(std::string sql, parameters values) {
  result<answer> outcome = co_await ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* no = std::get_if<refusal>(&*outcome)) co_return refused(*no);
  co_return std::get<rows>(std::move(*outcome));
}

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
  std::string sql = "SELECT " + profile_of_u() +
                    ", c.data AS password FROM gatehouse.users u"
                    " LEFT JOIN gatehouse.credentials c ON c.user_id = u.id AND c.kind = 'password'"
                    " WHERE u.realm = $1 AND " +
                    condition;
  parameters values{realm_, std::move(value)};
  const result<rows> found = co_await rows_of(std::move(sql), std::move(values));
  // What PostgreSQL cannot even hold (a NUL, no UTF-8, no UUID) is nobody's.
  if (!found && found.failure().kind == fault::invalid) co_return std::optional<known_user>();
  if (!found) co_return found.failure();
  if (found->empty()) co_return std::optional<known_user>();

  result<user> read = profile_in(*found);
  if (!read) co_return read.failure();
  known_user known{std::move(*read), std::nullopt};
  if (const auto password = found->at(0, "password")) known.password = std::string(*password);
  co_return std::optional<known_user>(std::move(known));
}

task<result<creation>> store::create(new_user who, std::string password, source from) {
  std::string sql =
      "WITH changed AS (INSERT INTO gatehouse.users (realm, email, username, name, metadata)"
      " VALUES ($1, $5, $6, $7, $8::jsonb) RETURNING *),"
      " credential AS (INSERT INTO gatehouse.credentials (user_id, kind, data)"
      " SELECT id, 'password', $9 FROM changed), " +
      audit("registered") + " SELECT " + profile_of_u() + " FROM changed u";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {who.email.as_typed(), who.username, who.name, who.metadata.dump(), password});
  const result<answer> outcome = co_await ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* no = std::get_if<refusal>(&*outcome)) {
    if (const std::optional<taken> value = taken_value(*no)) co_return creation(*value);
    co_return refused(*no);
  }
  result<user> created = profile_in(std::get<rows>(*outcome));
  if (!created) co_return created.failure();
  co_return creation(std::move(*created));
}

task<result<profile_change>> store::change_profile(std::string user_id, profile_changes changes,
                                                   std::optional<std::int64_t> expected, source from) {
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.users u SET name = coalesce($6, name), email = coalesce($7::text, email),"
      " email_verified_at = CASE WHEN lower($7::text COLLATE \"C\") <> lower(email COLLATE \"C\") THEN NULL"
      " ELSE email_verified_at END, auth_version = auth_version + CASE WHEN $7::text <> email THEN 1 ELSE 0 END,"
      " username = coalesce($8, username), metadata = coalesce($9::jsonb, metadata), updated_at = now()"
      " WHERE u.realm = $1 AND u.id = $5::uuid"
      " AND (u.auth_version = $10::bigint OR ($10::bigint IS NULL AND $7::text IS NULL)) RETURNING *), " +
      told("expire", "NULL::text", "auth_version > $10::bigint") + ", " + audit("profile_changed") + " SELECT " +
      profile_of_u() + ", (SELECT told.id FROM told WHERE NOT " + earlier_kill("u.id::text", "told.id") +
      ") AS outbox_id FROM changed u";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(changes.name), std::nullopt, std::move(changes.username),
                               std::nullopt, std::nullopt});
  if (changes.email) values[6] = changes.email->as_typed();
  if (changes.metadata) values[8] = changes.metadata->dump();
  if (expected) values[9] = std::to_string(*expected);
  const result<answer> outcome = co_await ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* no = std::get_if<refusal>(&*outcome)) {
    if (const std::optional<taken> value = taken_value(*no)) co_return profile_change(*value);
    co_return refused(*no);
  }
  const rows& changed = std::get<rows>(*outcome);
  if (changed.empty()) co_return profile_change(absent());
  result<user> now = profile_in(changed);
  if (!now) co_return now.failure();
  profile_changed made{std::move(*now), std::nullopt};
  if (changed.at(0, "outbox_id")) made.outbox_id = number_in(changed, 0, "outbox_id");
  co_return profile_change(std::move(made));
}

task<result<password_change>> store::change_password(std::string user_id, std::string password,
                                                     std::string keep_session, std::int64_t expected, source from) {
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.users u SET auth_version = auth_version + 1, updated_at = now()"
      " WHERE u.realm = $1 AND u.id = $5::uuid AND u.auth_version = $6::bigint RETURNING *),"
      " credential AS (INSERT INTO gatehouse.credentials (user_id, kind, data)"
      " SELECT id, 'password', $7 FROM changed ON CONFLICT (user_id) WHERE kind = 'password'"
      " DO UPDATE SET data = excluded.data, updated_at = now()), " +
      told("kill", "$8::text", "true") + ", " + audit("password_changed") + " SELECT " + profile_of_u() +
      ", told.id AS outbox_id FROM changed u, told";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::to_string(expected), std::move(password),
                               unless_empty(std::move(keep_session))});
  const result<rows> changed = co_await rows_of(std::move(sql), std::move(values));
  if (!changed) co_return changed.failure();
  if (changed->empty()) co_return password_change(absent());
  result<user> now = profile_in(*changed);
  if (!now) co_return now.failure();
  co_return password_change(password_changed{std::move(*now), number_in(*changed, 0, "outbox_id")});
}

task<result<bool>> store::replace_hash(std::string user_id, std::string old_password, std::string new_password) {
  std::string sql =
      "UPDATE gatehouse.credentials c SET data = $4, updated_at = now() FROM gatehouse.users u"
      " WHERE u.realm = $1 AND u.id = $2::uuid AND c.user_id = u.id AND c.kind = 'password' AND c.data = $3"
      " RETURNING 1";
  parameters values{realm_, std::move(user_id), std::move(old_password), std::move(new_password)};
  const result<rows> replaced = co_await rows_of(std::move(sql), std::move(values));
  if (!replaced) co_return replaced.failure();
  co_return !replaced->empty();
}

task<result<removal>> store::remove(std::string user_id, source from) {
  std::string sql =
      "WITH changed AS (DELETE FROM gatehouse.users u WHERE u.realm = $1 AND u.id = $5::uuid"
      " RETURNING u.id, u.auth_version + 1 AS auth_version), " +
      told("kill", "NULL::text", "true") + ", " + audit("removed") +
      " SELECT changed.auth_version, told.id AS outbox_id FROM changed, told";
  parameters values = recorded(realm_, std::move(from));
  values.emplace_back(std::move(user_id));
  const result<rows> gone = co_await rows_of(std::move(sql), std::move(values));
  if (!gone) co_return gone.failure();
  if (gone->empty()) co_return removal(absent());
  co_return removal(removed{number_in(*gone, 0, "auth_version"), number_in(*gone, 0, "outbox_id")});
}

task<result<bool>> store::record_login(std::string user_id, source from) {
  result<bool> known = co_await record("last_login_at", "login", std::move(user_id), std::move(from));
  co_return known;
}

task<result<bool>> store::record_logout(std::string user_id, source from) {
  result<bool> known = co_await record("last_logout_at", "logout", std::move(user_id), std::move(from));
  co_return known;
}

task<result<bool>> store::record(const char* column, const char* event, std::string user_id, source from) {
  std::string sql = std::string("WITH changed AS (UPDATE gatehouse.users u SET ") + column +
                    " = now() WHERE u.realm = $1 AND u.id = $5::uuid RETURNING u.id), " + audit(event) +
                    " SELECT id FROM changed";
  parameters values = recorded(realm_, std::move(from));
  values.emplace_back(std::move(user_id));
  const result<rows> known = co_await rows_of(std::move(sql), std::move(values));
  if (!known) co_return known.failure();
  co_return !known->empty();
}

task<status> store::record_event(std::string event, std::string user_id, nlohmann::json detail, source from) {
  std::string sql =
      "INSERT INTO gatehouse.audit_events (realm, address, user_agent, session_id, event, user_id, detail)"
      " VALUES ($1, $2, $3, $4, $5, $6::uuid, $7::jsonb)";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(event), unless_empty(std::move(user_id)), detail.dump()});
  const result<rows> written = co_await rows_of(std::move(sql), std::move(values));
  if (!written) co_return written.failure();
  co_return done{};
}

task<result<std::vector<revocation>>> store::take_revocations(std::size_t limit) {
  std::string sql =
      "WITH due AS (SELECT id FROM gatehouse.outbox o WHERE realm = $1 AND kind = 'revoke' AND due_at <= now()"
      " AND NOT (payload ->> 'effect' = 'expire' AND " +
      earlier_kill("o.payload ->> 'user'", "o.id") +
      ") ORDER BY id LIMIT $2::bigint FOR UPDATE SKIP LOCKED),"
      " taken AS (UPDATE gatehouse.outbox o SET due_at = now() + interval '30 seconds', attempts = attempts + 1"
      " FROM due WHERE o.id = due.id RETURNING o.id, o.payload)"
      " SELECT id, payload ->> 'user' AS user_id, payload ->> 'av' AS auth_version, payload ->> 'effect' AS effect,"
      " payload ->> 'keep' AS keep FROM taken ORDER BY id";
  parameters values{realm_, std::to_string(limit)};
  const result<rows> found = co_await rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();

  std::vector<revocation> due;
  for (std::size_t row = 0; row < found->size(); ++row) {
    revocation each;
    each.outbox_id = number_in(*found, row, "id");
    each.user_id = found->at(row, "user_id").value();
    each.least_auth_version = number_in(*found, row, "auth_version");
    each.what = found->at(row, "effect") == "expire" ? revocation::effect::expire : revocation::effect::kill;
    if (const auto keep = found->at(row, "keep")) each.keep_session = std::string(*keep);
    due.push_back(std::move(each));
  }
  co_return due;
}

void store::on_revocation(std::function<void()> due) {
  pool_.listen("gatehouse_outbox", [this, due = std::move(due)](std::string_view realm) {
    if (realm == realm_) due();
  });
}

task<status> store::finish(std::int64_t outbox_id) {
  std::string sql = "DELETE FROM gatehouse.outbox WHERE realm = $1 AND id = $2::bigint";
  parameters values{realm_, std::to_string(outbox_id)};
  const result<rows> deleted = co_await rows_of(std::move(sql), std::move(values));
  if (!deleted) co_return deleted.failure();
  co_return done{};
}

task<status> store::put_back(std::vector<std::int64_t> outbox_ids) {
  std::string ids;
  for (const std::int64_t each : outbox_ids) ids += (ids.empty() ? "" : ",") + std::to_string(each);
  std::string sql =
      "UPDATE gatehouse.outbox SET due_at = now() + interval '1 second' WHERE realm = $1 AND id = ANY ($2::bigint[])";
  parameters values{realm_, "{" + ids + "}"};
  const result<rows> moved = co_await rows_of(std::move(sql), std::move(values));
  if (!moved) co_return moved.failure();
  co_return done{};
}

}  // namespace gatehouse::account
