#include "account/database.h"

#include <array>
#include <string_view>
#include <utility>

namespace gatehouse::account {

namespace {

using postgres::answer;
using postgres::refusal;
using postgres::rows;

// What this code needs: file N of sql/ is version N.
constexpr std::array<const char*, 17> migrations{
    "001_schema_version.sql", "002_users.sql",          "003_credentials.sql",    "004_one_time_tokens.sql",
    "005_outbox.sql",         "006_audit_events.sql",   "007_administration.sql", "008_mail.sql",
    "009_names.sql",          "010_changes_by_sql.sql", "011_indexes.sql",        "012_grants.sql",
    "013_bounded_work.sql",   "014_plain_names.sql",    "015_user_tokens.sql",    "016_factors.sql",
    "017_passkeys.sql"};

error missing_migration(const std::string& server, std::size_t version) {
  return {fault::unavailable, server + ": the schema is not complete; apply sql/" + migrations.at(version - 1) +
                                  " and what follows it, in order"};
}

bool is_missing_schema(std::string_view sqlstate) {  // undefined table, schema, column
  return sqlstate == "42P01" || sqlstate == "3F000" || sqlstate == "42703";
}

}  // namespace

error database::refused(const refusal& problem) {
  const std::string_view kind = std::string_view(problem.sqlstate).substr(0, 2);
  if (kind == "22" || kind == "23") return {fault::invalid, problem.what};  // data exception, constraint violation
  if (is_missing_schema(problem.sqlstate))
    return {fault::unavailable, problem.what + "; have all files of sql/ been applied?"};
  if (problem.sqlstate == "42501")
    return {fault::unavailable,
            problem.what + "; have the owner of the schema execute: SELECT gatehouse.grant_to('ROLE')"};
  return {fault::internal, problem.what};
}

task<status> database::ready() {
  if (checked_ != 0 && checked_ == pool_.epoch()) co_return done{};

  std::string sql =
      "SELECT v AS version FROM generate_series(1, $1::integer) v"
      " WHERE NOT EXISTS (SELECT FROM gatehouse.schema_version s WHERE s.version = v) ORDER BY v LIMIT 1";
  parameters values{std::to_string(migrations.size())};
  const result<answer> found = co_await pool_.query(std::move(sql), std::move(values));
  if (!found) co_return found.failure();
  if (const auto* problem = std::get_if<refusal>(&*found)) {
    co_return is_missing_schema(problem->sqlstate) ? missing_migration(pool_.server(), 1) : refused(*problem);
  }
  const rows& missing = std::get<rows>(*found);
  if (!missing.empty()) {
    co_return missing_migration(pool_.server(), std::stoul(std::string(*missing.at(0, "version"))));
  }
  checked_ = pool_.epoch();
  co_return done{};
}

task<result<answer>> database::ask(std::string sql, parameters values) {
  const status is_ready = co_await ready();
  if (!is_ready) co_return is_ready.failure();
  result<answer> outcome = co_await pool_.query(std::move(sql), std::move(values));
  if (outcome) {
    const auto* problem = std::get_if<refusal>(&*outcome);
    if (problem != nullptr && is_missing_schema(problem->sqlstate)) checked_ = 0;
  }
  co_return outcome;
}

task<result<rows>> database::rows_of(std::string sql, parameters values) {
  result<answer> outcome = co_await ask(std::move(sql), std::move(values));
  if (!outcome) co_return outcome.failure();
  if (const auto* problem = std::get_if<refusal>(&*outcome)) co_return refused(*problem);
  co_return std::get<rows>(std::move(*outcome));
}

}  // namespace gatehouse::account
