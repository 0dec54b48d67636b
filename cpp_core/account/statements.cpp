#include "account/statements.h"

#include <algorithm>

namespace gatehouse::account {

namespace {

std::string milliseconds(const std::string& column) {
  return "'" + column + "', (extract(epoch FROM u." + column + ") * 1000)::bigint";
}

}  // namespace

const std::string& profile_of_u() {
  static const std::string text =
      "json_build_object('id', u.id, 'email', u.email, 'username', u.username, 'name', u.name,"
      " 'first_name', u.first_name, 'roles', u.roles, 'metadata', u.metadata, 'auth_version', u.auth_version, " +
      milliseconds("email_verified_at") + ", " + milliseconds("disabled_at") + ", " + milliseconds("created_at") +
      ", " + milliseconds("updated_at") + ", " + milliseconds("last_login_at") + ") AS profile";
  return text;
}

const std::string& pending_email_of_u() {
  static const std::string text =
      "coalesce((SELECT o.payload ->> 'to' FROM gatehouse.outbox o WHERE o.realm = u.realm AND o.kind = 'mail'"
      " AND o.payload ->> 'user' = u.id::text AND o.payload ->> 'purpose' = 'change_email'"
      // Not = 'queued', which would lead the planner to the index of all that are.
      " AND o.state NOT IN ('sent', 'failed')"
      " AND NOT " +
      same_email("(o.payload ->> 'to')", "u.email") +
      " ORDER BY o.id DESC LIMIT 1),"
      " (SELECT t.email FROM gatehouse.one_time_tokens t WHERE t.user_id = u.id AND t.purpose = 'change_email'"
      " AND t.used_at IS NULL AND t.expires_at > now())) AS pending_email";
  return text;
}

std::string same_email(const std::string& column, const std::string& value) {
  return "lower(" + column + " COLLATE \"C\") = lower(" + value + " COLLATE \"C\")";
}

std::string user_among_admins(const std::string& condition, const std::string& columns) {
  return "admins AS (SELECT id FROM gatehouse.users WHERE realm = $1 AND 'admin' = ANY (roles) AND disabled_at IS NULL"
         " AND " +
         condition +
         " ORDER BY id FOR UPDATE),"
         " before AS (SELECT id, auth_version, EXISTS (SELECT FROM admins a WHERE a.id = b.id)"
         " AND NOT EXISTS (SELECT FROM admins a WHERE a.id <> b.id) AS is_last" +
         columns +
         // The count is always right: it is there to have the administrators locked first.
         " FROM gatehouse.users b WHERE realm = $1 AND id = $5::uuid AND (SELECT count(*) FROM admins) >= 0"
         " FOR UPDATE)";
}

std::string audit(const std::string& event) { return audit_of("'" + event + "'"); }

std::string audit_of(const std::string& event) {
  return "audit AS (INSERT INTO gatehouse.audit_events (realm, user_id, event, address, user_agent, session_id)"
         " SELECT $1, id, " +
         event + ", $2, $3, $4 FROM changed)";
}

std::string told(const std::string& effect, const std::string& kept_session, const std::string& condition) {
  return "told AS (INSERT INTO gatehouse.outbox (realm, kind, payload, due_at)"
         " SELECT $1, 'revoke', jsonb_build_object('user', id, 'av', auth_version, 'effect', '" +
         effect + "', 'keep', " + kept_session + "), now() + interval '5 seconds' FROM changed WHERE " + condition +
         " RETURNING id)";
}

std::string mail(const std::string& name, const std::string& order, const std::string& from, const std::string& to,
                 const std::string& condition) {
  return name +
         " AS (INSERT INTO gatehouse.outbox (realm, kind, payload)"
         " SELECT $1, 'mail', " +
         order + "::jsonb || jsonb_build_object('user', id, 'name', name, 'to', " + to + ") FROM " + from + " WHERE " +
         order + "::jsonb IS NOT NULL AND " + condition +
         " RETURNING pg_notify('gatehouse_outbox', $1::text || '/mail'))";
}

std::string may_be_told(const std::string& order, const std::string& time) {
  return "(NOT (" + order + "::jsonb ->> 'to_verified')::boolean OR " + time + " IS NOT NULL)";
}

std::string new_password(const std::string& password, const std::string& voided_links) {
  const std::string is_given = password + "::text IS NOT NULL";
  // The mails first, as take() has it: two that lock the same rows must do so in the same order.
  return "credential AS (INSERT INTO gatehouse.credentials (user_id, kind, data, updated_at)"
         " SELECT id, 'password', " +
         password + ", clock_timestamp() FROM changed WHERE " + is_given +
         " ON CONFLICT (user_id) WHERE kind = 'password'"
         " DO UPDATE SET data = excluded.data, updated_at = excluded.updated_at),"
         " voided_mails AS (DELETE FROM gatehouse.outbox o USING changed WHERE o.realm = $1 AND o.kind = 'mail'"
         " AND o.payload ->> 'user' = changed.id::text AND o.payload ->> 'purpose' = 'change_email'"
         " AND o.state <> 'sent' AND " +
         is_given +
         " RETURNING o.id),"
         " voided AS (DELETE FROM gatehouse.one_time_tokens t USING changed WHERE t.user_id = changed.id"
         " AND t.purpose IN (" +
         voided_links + ") AND " + is_given + " AND (SELECT count(*) FROM voided_mails) >= 0)";
}

std::string is_before_password(const std::string& time) {
  return "EXISTS (SELECT FROM gatehouse.credentials c WHERE c.user_id = u.id AND c.kind = 'password'"
         " AND c.updated_at > " +
         time + ")";
}

parameters recorded(const std::string& realm, source from) {
  return {realm, printable(std::move(from.address)), printable(std::move(from.user_agent)),
          unless_empty(printable(std::move(from.session_id)))};
}

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

result<user> profile_in(const postgres::rows& found) { return user_from_json(*found.at(0, "profile")); }

std::optional<taken> taken_value(const postgres::refusal& refused) {
  if (refused.constraint == "users_realm_email") return taken::email;
  if (refused.constraint == "users_realm_username") return taken::username;
  return std::nullopt;
}

std::int64_t number_in(const postgres::rows& found, std::size_t row, std::string_view column) {
  return std::stoll(std::string(*found.at(row, column)));
}

}  // namespace gatehouse::account
