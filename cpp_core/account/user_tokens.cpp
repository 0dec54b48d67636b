#include "account/user_tokens.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "account/statements.h"
#include "base/uuid.h"

namespace gatehouse::account {

namespace {

using postgres::answer;
using postgres::refusal;
using postgres::rows;

// Of a row `t`.
constexpr const char* token_columns =
    "t.id AS token_id, t.name AS token_name, to_json(t.scopes) AS scopes, to_json(t.networks::text[]) AS networks,"
    " (extract(epoch FROM t.created_at) * 1000)::bigint AS token_created,"
    " (extract(epoch FROM t.expires_at) * 1000)::bigint AS token_expires,"
    " t.last_used_on, t.last_used_address, t.last_used_agent";

std::string text_in(const rows& found, std::size_t row, std::string_view column) {
  return std::string(found.at(row, column).value_or(""));
}

std::vector<std::string> words_in(const rows& found, std::size_t row, std::string_view column) {
  return nlohmann::json::parse(text_in(found, row, column)).get<std::vector<std::string>>();
}

user_token token_in(const rows& found, std::size_t row) {
  user_token token;
  token.id = text_in(found, row, "token_id");
  token.name = text_in(found, row, "token_name");
  token.scopes = words_in(found, row, "scopes");
  token.networks = words_in(found, row, "networks");
  token.created_at = number_in(found, row, "token_created");
  if (found.at(row, "token_expires")) token.expires_at = number_in(found, row, "token_expires");
  if (found.at(row, "last_used_on")) token.last_used_on = text_in(found, row, "last_used_on");
  token.last_used_address = text_in(found, row, "last_used_address");
  token.last_used_agent = text_in(found, row, "last_used_agent");
  return token;
}

// As a statement's parameter, of JSON.
std::string array_of(const std::vector<std::string>& words) { return nlohmann::json(words).dump(); }

// `by`: the parameter that names the administrator; a null is left out.
std::string audit_token(const std::string& event, const std::string& by) {
  return "audit AS (INSERT INTO gatehouse.audit_events (realm, user_id, event, address, user_agent, session_id, detail)"
         " SELECT $1, user_id, '" +
         event + "', $2, $3, $4, jsonb_strip_nulls(jsonb_build_object('token', token_id, 'name', token_name, 'by', " +
         by + "::text)) FROM changed)";
}

}  // namespace

task<result<std::optional<user_with_token>>> user_tokens::use(std::string sha256, source from) {
  std::string sql =
      "WITH t AS (SELECT * FROM gatehouse.user_tokens WHERE sha256 = decode($2, 'hex') AND realm = $1"
      " AND (expires_at IS NULL OR expires_at > now())),"
      " used AS (UPDATE gatehouse.user_tokens x SET last_used_on = (now() AT TIME ZONE 'UTC')::date,"
      " last_used_address = $3, last_used_agent = $4 FROM t WHERE x.id = t.id"
      " AND (t.last_used_on, t.last_used_address, t.last_used_agent) IS DISTINCT FROM"
      " ((now() AT TIME ZONE 'UTC')::date, $3, $4))"
      " SELECT " +
      profile_of_u() + ", " + token_columns +
      " FROM t JOIN gatehouse.users u ON u.id = t.user_id AND u.realm = $1 AND u.disabled_at IS NULL";
  parameters values{realm_, std::move(sha256), printable(std::move(from.address)),
                    printable(std::move(from.user_agent))};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (found->empty()) co_return std::optional<user_with_token>();
  result<user> owner = profile_in(*found);
  if (!owner) co_return owner.failure();
  user_with_token both{std::move(*owner), token_in(*found, 0)};
  co_return std::optional<user_with_token>(std::move(both));
}

task<result<std::vector<user_token>>> user_tokens::list(std::string user_id) {
  std::string sql = std::string("SELECT ") + token_columns +
                    " FROM gatehouse.user_tokens t WHERE t.realm = $1 AND t.user_id = $2::uuid"
                    " ORDER BY t.created_at DESC, t.id";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  std::vector<user_token> all;
  for (std::size_t row = 0; row < found->size(); ++row) all.push_back(token_in(*found, row));
  co_return all;
}

task<result<token_creation>> user_tokens::create(std::string user_id, new_user_token wanted, std::string sha256,
                                                 source from, std::optional<mail_order> notice,
                                                 std::optional<std::string> by) {
  std::string sql =
      "WITH owner AS (SELECT * FROM gatehouse.users WHERE realm = $1 AND id = $5::uuid FOR UPDATE),"
      " t AS (INSERT INTO gatehouse.user_tokens (realm, user_id, name, sha256, scopes, networks, expires_at)"
      " SELECT $1, id, $6, decode($7, 'hex'), ARRAY(SELECT json_array_elements_text($8::json)),"
      " ARRAY(SELECT json_array_elements_text($9::json)::cidr), ($10::date + 1)::timestamp AT TIME ZONE 'UTC'"
      " FROM owner WHERE (SELECT count(*) FROM gatehouse.user_tokens o WHERE o.user_id = owner.id) < " +
      std::to_string(most_of_a_user) +
      " RETURNING *),"
      " changed AS (SELECT t.user_id, t.id AS token_id, t.name AS token_name, owner.id, owner.name, owner.email,"
      " owner.email_verified_at FROM t, owner), " +
      mail("notice", "$11", "changed", "email", may_be_told("$11", "email_verified_at")) + ", " +
      audit_token("token_created", "$12") + " SELECT " + token_columns + " FROM t";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(wanted.name), std::move(sha256), array_of(wanted.scopes),
                               array_of(wanted.networks), std::move(wanted.last_day), order, std::move(by)});
  const result<rows> created = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!created) co_return created.failure();
  if (created->empty()) co_return token_creation(too_many_tokens());
  co_return token_creation(token_in(*created, 0));
}

task<result<bool>> user_tokens::rename(std::string user_id, std::string id, std::string name, source from) {
  if (!is_uuid(id)) co_return false;
  std::string sql =
      "WITH changed AS (UPDATE gatehouse.user_tokens SET name = $7 WHERE realm = $1 AND user_id = $5::uuid"
      " AND id = $6::uuid RETURNING user_id, id AS token_id, name AS token_name), " +
      audit_token("token_renamed", "NULL") + " SELECT 1 FROM changed";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(id), std::move(name)});
  const result<rows> renamed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!renamed) co_return renamed.failure();
  co_return !renamed->empty();
}

task<result<std::optional<token_ended>>> user_tokens::end(std::string user_id, std::string id, source from,
                                                          std::optional<std::string> by) {
  if (!is_uuid(id)) co_return std::optional<token_ended>();
  std::string sql =
      "WITH changed AS (DELETE FROM gatehouse.user_tokens WHERE realm = $1 AND user_id = $5::uuid AND id = $6::uuid"
      " RETURNING user_id, id AS token_id, name AS token_name),"
      " told AS (INSERT INTO gatehouse.outbox (realm, kind, payload, due_at)"
      " SELECT $1, 'revoke', jsonb_build_object('user', user_id, 'av', 0, 'effect', 'end', 'session', token_id),"
      " now() + interval '5 seconds' FROM changed RETURNING id), " +
      audit_token("token_ended", "$7") + " SELECT id AS outbox_id FROM told";
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(id), std::move(by)});
  const result<rows> ended = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!ended) co_return ended.failure();
  if (ended->empty()) co_return std::optional<token_ended>();
  co_return std::optional<token_ended>(token_ended{number_in(*ended, 0, "outbox_id")});
}

task<result<bool>> user_tokens::is_service_account(std::string user_id) {
  std::string sql =
      "SELECT 1 FROM gatehouse.users u WHERE u.realm = $1 AND u.id = $2::uuid AND u.email LIKE '%@service.invalid'"
      " AND NOT EXISTS (SELECT FROM gatehouse.credentials c WHERE c.user_id = u.id)";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  co_return !found->empty();
}

}  // namespace gatehouse::account
