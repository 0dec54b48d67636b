// How the stores of this room ask PostgreSQL: one statement at a time, over a schema that is new enough.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "postgres/pool.h"

namespace gatehouse::account {

using parameters = std::vector<std::optional<std::string>>;

class database {
 public:
  // The pool outlives it.
  explicit database(postgres::pool& pool) : pool_(pool) {}
  database(const database&) = delete;
  database& operator=(const database&) = delete;

  postgres::pool& pool() { return pool_; }

  // Is the server there, and have the migrations of sql/ been applied? Looked up once per epoch of the pool. An error
  // names the migration that is missing.
  task<status> ready();

  // Either makes sure of that first. rows_of() has the errors of postgres::pool::query(), and for what the server
  // refused: invalid, a value that a constraint of the tables refuses; unavailable, a missing migration or right, with
  // what to do; internal, a statement that it did not accept.
  task<result<postgres::answer>> ask(std::string sql, parameters values);
  task<result<postgres::rows>> rows_of(std::string sql, parameters values);

  // The error of rows_of() for a refusal.
  static error refused(const postgres::refusal& problem);

 private:
  postgres::pool& pool_;
  std::uint64_t checked_ = 0;  // the epoch of the pool in which the schema was found right
};

}  // namespace gatehouse::account
