// What PostgreSQL answered to one statement.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

struct pg_result;  // libpq's PGresult

namespace gatehouse::postgres {

struct result_clear {
  void operator()(pg_result* result) const;
};
using raw_result = std::unique_ptr<pg_result, result_clear>;

// The rows of a statement that succeeded, in PostgreSQL's text format. Copies share them; views are valid as long as
// one of the copies.
class rows {
 public:
  // Of status PGRES_TUPLES_OK or PGRES_COMMAND_OK.
  explicit rows(raw_result received) : result_(std::move(received)) {}

  std::size_t size() const;
  bool empty() const { return size() == 0; }

  // SQL's null is nullopt. Throws std::out_of_range for a row or column that the statement does not return: a defect.
  std::optional<std::string_view> at(std::size_t row, std::string_view column) const;

 private:
  std::shared_ptr<const pg_result> result_;
};

// The server understood the statement and refused it. The connection is as good as before.
struct refusal {
  std::string sqlstate;    // PostgreSQL, Appendix A; e.g. 23505 unique_violation
  std::string constraint;  // which one was violated, if any
  std::string what;        // for the log: server, SQLSTATE and message, without the row's values
};

using answer = std::variant<rows, refusal>;

}  // namespace gatehouse::postgres
