#include "account/factors.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "account/statements.h"
#include "base/hex.h"
#include "base/uuid.h"

namespace gatehouse::account {

namespace {

using postgres::rows;

// Of a row `f`.
constexpr const char* factor_columns =
    "f.id AS factor_id, f.kind, f.name AS factor_name, (extract(epoch FROM f.created_at) * 1000)::bigint AS created,"
    " (extract(epoch FROM f.last_used_at) * 1000)::bigint AS last_used, f.last_used_address, f.last_used_agent,"
    " f.backed_up";

// The user $5, whose factors no other statement changes meanwhile.
constexpr const char* owner = "owner AS (SELECT * FROM gatehouse.users WHERE realm = $1 AND id = $5::uuid FOR UPDATE)";

// `changed`: the owner, with what has become of the factor in `of`.
std::string changed(const std::string& of) {
  return "changed AS (SELECT owner.id, owner.name, owner.email, owner.email_verified_at, x.id AS factor_id, x.kind,"
         " x.name AS factor_name FROM owner, " +
         of + " x)";
}

std::string audit_factor(const std::string& event) {
  return "audit AS (INSERT INTO gatehouse.audit_events (realm, user_id, event, address, user_agent, session_id, detail)"
         " SELECT $1, id, '" +
         event +
         "', $2, $3, $4, jsonb_build_object('factor', factor_id, 'kind', kind, 'name', factor_name) FROM changed)";
}

std::string notice_by(const std::string& order, const std::string& condition = "true") {
  return mail("notice", order, "changed", "email", condition + " AND " + may_be_told(order, "email_verified_at"));
}

std::string text_at(const rows& found, std::size_t row, std::string_view column) {
  return std::string(found.at(row, column).value_or(""));
}

second_factor factor_at(const rows& found, std::size_t row) {
  second_factor read;
  read.id = text_at(found, row, "factor_id");
  read.kind = text_at(found, row, "kind") == name_of(factor_kind::passkey) ? factor_kind::passkey : factor_kind::totp;
  read.name = text_at(found, row, "factor_name");
  read.created_at = number_in(found, row, "created");
  if (found.at(row, "last_used")) read.last_used_at = number_in(found, row, "last_used");
  read.last_used_address = text_at(found, row, "last_used_address");
  read.last_used_agent = text_at(found, row, "last_used_agent");
  read.backed_up = found.at(row, "backed_up") == "t";
  return read;
}

// As a statement's parameter, of JSON.
std::string list_of(const std::vector<std::string>& words) { return nlohmann::json(words).dump(); }

}  // namespace

std::string_view name_of(factor_kind kind) { return kind == factor_kind::totp ? "totp" : "passkey"; }

task<result<std::optional<factor_standing>>> factors::standing_of(std::string user_id) {
  std::string sql =
      "SELECT u.factor_version, floor(extract(epoch FROM u.factor_asked_at))::bigint AS asked_at,"
      " (SELECT count(*) FROM gatehouse.factors f WHERE f.user_id = u.id AND f.kind = 'totp') AS totp,"
      " (SELECT count(*) FROM gatehouse.factors f WHERE f.user_id = u.id AND f.kind = 'passkey') AS passkeys,"
      " (SELECT count(*) FROM gatehouse.recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS codes"
      " FROM gatehouse.users u WHERE u.realm = $1 AND u.id = $2::uuid";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (found->empty()) co_return std::optional<factor_standing>();
  factor_standing standing;
  standing.totp = number_in(*found, 0, "totp");
  standing.passkeys = number_in(*found, 0, "passkeys");
  standing.recovery_codes = number_in(*found, 0, "codes");
  standing.version = number_in(*found, 0, "factor_version");
  if (found->at(0, "asked_at")) standing.asked_at = number_in(*found, 0, "asked_at");
  co_return std::optional<factor_standing>(std::move(standing));
}

task<result<std::vector<second_factor>>> factors::list(std::string user_id) {
  std::string sql = std::string("SELECT ") + factor_columns +
                    " FROM gatehouse.factors f WHERE f.realm = $1 AND f.user_id = $2::uuid ORDER BY f.created_at, f.id";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  std::vector<second_factor> all;
  for (std::size_t row = 0; row < found->size(); ++row) all.push_back(factor_at(*found, row));
  co_return all;
}

task<result<std::vector<totp_factor>>> factors::totp_of(std::string user_id) {
  std::string sql =
      "SELECT id, key_id, encode(data, 'hex') AS data FROM gatehouse.factors WHERE realm = $1 AND user_id = $2::uuid"
      " AND kind = 'totp' ORDER BY created_at, id";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  std::vector<totp_factor> all;
  for (std::size_t row = 0; row < found->size(); ++row) {
    totp_factor each;
    each.id = text_at(*found, row, "id");
    each.secret.key_id = text_at(*found, row, "key_id");
    each.secret.bytes = hex_decode(text_at(*found, row, "data")).value_or("");
    all.push_back(std::move(each));
  }
  co_return all;
}

task<result<std::vector<stored_passkey>>> factors::passkeys_of(std::string user_id) {
  std::string sql =
      "SELECT id, encode(data, 'hex') AS data, encode(credential_id, 'hex') AS credential_id, algorithm, sign_count,"
      " backup_eligible, backed_up FROM gatehouse.factors WHERE realm = $1 AND user_id = $2::uuid AND kind = 'passkey'"
      " ORDER BY created_at, id";
  parameters values{realm_, std::move(user_id)};
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  std::vector<stored_passkey> all;
  for (std::size_t row = 0; row < found->size(); ++row) {
    stored_passkey each;
    each.id = text_at(*found, row, "id");
    each.key.credential_id = hex_decode(text_at(*found, row, "credential_id")).value_or("");
    each.key.public_key = hex_decode(text_at(*found, row, "data")).value_or("");
    each.key.algorithm = number_in(*found, row, "algorithm");
    each.key.sign_count = static_cast<std::uint32_t>(number_in(*found, row, "sign_count"));
    each.key.backup_eligible = found->at(row, "backup_eligible") == "t";
    each.key.backed_up = found->at(row, "backed_up") == "t";
    all.push_back(std::move(each));
  }
  co_return all;
}

task<result<bool>> factors::accept_assertion(std::string user_id, std::string id, factor::asserted shown, source from) {
  std::string sql =
      "UPDATE gatehouse.factors SET sign_count = $4::bigint, backed_up = $5::boolean, last_used_at = now(),"
      " last_used_address = $6, last_used_agent = $7 WHERE realm = $1 AND user_id = $2::uuid AND id = $3::uuid"
      " AND kind = 'passkey' AND (sign_count < $4::bigint OR (sign_count = 0 AND $4::bigint = 0)) RETURNING 1";
  parameters values{realm_,
                    std::move(user_id),
                    std::move(id),
                    std::to_string(shown.sign_count),
                    shown.backed_up ? "true" : "false",
                    printable(std::move(from.address)),
                    printable(std::move(from.user_agent))};
  const result<rows> accepted = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!accepted) co_return accepted.failure();
  co_return !accepted->empty();
}

task<result<unix_seconds>> factors::ask(std::string user_id) {
  std::string sql =
      "UPDATE gatehouse.users SET factor_asked_at = coalesce(factor_asked_at, now()) WHERE realm = $1 AND id = $2::uuid"
      " RETURNING floor(extract(epoch FROM factor_asked_at))::bigint AS asked_at";
  parameters values{realm_, std::move(user_id)};
  const result<rows> asked = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!asked) co_return asked.failure();
  if (asked->empty()) co_return now_seconds();  // he is gone, and will not be signed in
  co_return number_in(*asked, 0, "asked_at");
}

task<result<factor_addition>> factors::add(std::string user_id, new_factor fresh, std::vector<std::string> code_hashes,
                                           source from, std::optional<mail_order> notice) {
  const int most = fresh.kind == factor_kind::totp ? most_totp : most_passkeys;
  std::string sql = std::string("WITH ") + owner +
                    ", f AS (INSERT INTO gatehouse.factors (id, realm, user_id, kind, name, key_id, data, last_step,"
                    " credential_id, algorithm, sign_count, backup_eligible, backed_up)"
                    " SELECT $6::uuid, $1, id, $7, $8, $9, decode($10, 'hex'), $11::bigint, decode($15, 'hex'),"
                    " $16::integer, $17::bigint, $18::boolean, $19::boolean FROM owner"
                    " WHERE coalesce(factor_version = $14::bigint, true) AND (SELECT count(*) FROM gatehouse.factors o "
                    "WHERE o.user_id = owner.id AND o.kind = $7) < " +
                    std::to_string(most) + " ON CONFLICT (realm, credential_id) DO NOTHING RETURNING *), " +
                    changed("f") +
                    ", codes AS (INSERT INTO gatehouse.recovery_codes (user_id, sha256) SELECT c.id, decode(h, 'hex')"
                    " FROM changed c, json_array_elements_text($12::json) h WHERE NOT EXISTS"
                    " (SELECT FROM gatehouse.recovery_codes r WHERE r.user_id = c.id AND r.used_at IS NULL)"
                    " RETURNING 1), " +
                    notice_by("$13") + ", " + audit_factor("factor_added") + " SELECT " + factor_columns +
                    ", (SELECT count(*) FROM codes) AS codes FROM f";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  if (fresh.passkey) fresh.data.bytes = fresh.passkey->public_key;
  values.insert(values.end(),
                {std::move(user_id), std::move(fresh.id), std::string(name_of(fresh.kind)), std::move(fresh.name),
                 unless_empty(std::move(fresh.data.key_id)), hex_encode(fresh.data.bytes),
                 std::to_string(fresh.last_step), list_of(code_hashes), order, std::nullopt});
  if (fresh.if_version) values.back() = std::to_string(*fresh.if_version);
  const factor::passkey key = fresh.passkey.value_or(factor::passkey());
  values.insert(values.end(), {std::nullopt, std::nullopt, std::to_string(key.sign_count),
                               key.backup_eligible ? "true" : "false", key.backed_up ? "true" : "false"});
  if (fresh.passkey) {
    values[14] = hex_encode(key.credential_id);
    values[15] = std::to_string(key.algorithm);
  }
  const result<rows> added = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!added) co_return added.failure();
  if (added->empty()) co_return factor_addition(factor_not_added());
  factor_added made;
  made.about = factor_at(*added, 0);
  made.has_new_codes = number_in(*added, 0, "codes") > 0;
  co_return factor_addition(std::move(made));
}

task<result<bool>> factors::rename(std::string user_id, std::string id, std::string name, source from,
                                   std::optional<mail_order> notice) {
  if (!is_uuid(id)) co_return false;
  std::string sql = std::string("WITH ") + owner +
                    ", f AS (UPDATE gatehouse.factors f SET name = $7 FROM owner WHERE f.user_id = owner.id"
                    " AND f.id = $6::uuid RETURNING f.*), " +
                    changed("f") + ", " + notice_by("$8") + ", " + audit_factor("factor_renamed") +
                    " SELECT 1 FROM changed";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(id), std::move(name), order});
  const result<rows> renamed = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!renamed) co_return renamed.failure();
  co_return !renamed->empty();
}

task<result<factor_removal>> factors::remove(std::string user_id, std::string id, bool keeps_last, source from,
                                             std::optional<mail_order> notice) {
  if (!is_uuid(id)) co_return factor_removal::absent;
  // All of them are locked: of two statements that would each leave the other's, the second sees what the first has
  // done.
  std::string sql = std::string("WITH ") + owner +
                    ", mine AS (SELECT f.id FROM gatehouse.factors f JOIN owner ON owner.id = f.user_id ORDER BY f.id"
                    " FOR UPDATE OF f), f AS (DELETE FROM gatehouse.factors f USING mine WHERE f.id = mine.id"
                    " AND f.id = $6::uuid AND NOT ($7::boolean AND (SELECT count(*) FROM mine) = 1) RETURNING f.*), " +
                    changed("f") +
                    ", codes AS (DELETE FROM gatehouse.recovery_codes r USING changed c WHERE r.user_id = c.id"
                    " AND (SELECT count(*) FROM mine) = 1), " +
                    notice_by("$8") + ", " + audit_factor("factor_removed") +
                    " SELECT EXISTS (SELECT FROM changed) AS removed FROM mine WHERE mine.id = $6::uuid";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(id), keeps_last ? "true" : "false", order});
  const result<rows> found = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (found->empty()) co_return factor_removal::absent;
  if (found->at(0, "removed") == "t") co_return factor_removal::removed;
  co_return factor_removal::last;
}

task<result<bool>> factors::accept_step(std::string user_id, std::string id, std::int64_t step,
                                        std::optional<factor::sealed> resealed, source from) {
  std::string sql =
      "UPDATE gatehouse.factors SET last_step = $4::bigint, last_used_at = now(), last_used_address = $5,"
      " last_used_agent = $6, key_id = coalesce($7, key_id), data = coalesce(decode($8, 'hex'), data)"
      " WHERE realm = $1 AND user_id = $2::uuid AND id = $3::uuid AND kind = 'totp' AND last_step < $4::bigint"
      " RETURNING 1";
  parameters values{realm_,
                    std::move(user_id),
                    std::move(id),
                    std::to_string(step),
                    printable(std::move(from.address)),
                    printable(std::move(from.user_agent)),
                    std::nullopt,
                    std::nullopt};
  if (resealed) {
    values[6] = std::move(resealed->key_id);
    values[7] = hex_encode(resealed->bytes);
  }
  const result<rows> accepted = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!accepted) co_return accepted.failure();
  co_return !accepted->empty();
}

task<result<std::optional<std::int64_t>>> factors::use_recovery_code(std::string user_id, std::string hash, source from,
                                                                     std::optional<mail_order> low) {
  std::string sql =
      "WITH used AS (UPDATE gatehouse.recovery_codes r SET used_at = now() FROM gatehouse.users u WHERE u.realm = $1"
      " AND u.id = $5::uuid AND r.user_id = u.id AND r.sha256 = decode($6, 'hex') AND r.used_at IS NULL"
      " RETURNING u.id, u.name, u.email, u.email_verified_at),"
      // The statement does not see its own use of the code yet.
      " changed AS (SELECT used.*, (SELECT count(*) FROM gatehouse.recovery_codes r WHERE r.user_id = used.id"
      " AND r.used_at IS NULL) - 1 AS remaining FROM used), " +
      notice_by("$7", "remaining <= 3") +
      ", audit AS (INSERT INTO gatehouse.audit_events (realm, user_id, event, address, user_agent, session_id, detail)"
      " SELECT $1, id, 'recovery_code_used', $2, $3, $4, jsonb_build_object('left', remaining) FROM changed)"
      " SELECT remaining FROM changed";
  const std::optional<std::string> order = order_of(low, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), std::move(hash), order});
  const result<rows> used = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!used) co_return used.failure();
  if (used->empty()) co_return std::optional<std::int64_t>();
  co_return std::optional<std::int64_t>(number_in(*used, 0, "remaining"));
}

task<result<bool>> factors::replace_recovery_codes(std::string user_id, std::vector<std::string> hashes, source from,
                                                   std::optional<mail_order> notice) {
  std::string sql =
      std::string("WITH ") + owner +
      ", changed AS (SELECT * FROM owner WHERE EXISTS (SELECT FROM gatehouse.factors f WHERE f.user_id = owner.id)),"
      " gone AS (DELETE FROM gatehouse.recovery_codes r USING changed c WHERE r.user_id = c.id),"
      " codes AS (INSERT INTO gatehouse.recovery_codes (user_id, sha256) SELECT c.id, decode(h, 'hex')"
      " FROM changed c, json_array_elements_text($6::json) h), " +
      notice_by("$7") + ", " + audit("recovery_codes_made") + " SELECT 1 FROM changed";
  const std::optional<std::string> order = order_of(notice, from);
  parameters values = recorded(realm_, std::move(from));
  values.insert(values.end(), {std::move(user_id), list_of(hashes), order});
  const result<rows> made = co_await database_.rows_of(std::move(sql), std::move(values));
  if (!made) co_return made.failure();
  co_return !made->empty();
}

}  // namespace gatehouse::account
