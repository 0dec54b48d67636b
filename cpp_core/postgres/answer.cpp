#include "postgres/answer.h"

#include <libpq-fe.h>

#include <stdexcept>

namespace gatehouse::postgres {

void result_clear::operator()(pg_result* result) const { PQclear(result); }

std::size_t rows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::optional<std::string_view> rows::at(std::size_t row, std::string_view column) const {
  if (row >= size()) throw std::out_of_range("postgres::rows: there is no such row");
  const int line = static_cast<int>(row);
  for (int field = 0; field < PQnfields(result_.get()); ++field) {
    if (column != PQfname(result_.get(), field)) continue;
    if (PQgetisnull(result_.get(), line, field) != 0) return std::nullopt;
    return std::string_view(PQgetvalue(result_.get(), line, field),
                            static_cast<std::size_t>(PQgetlength(result_.get(), line, field)));
  }
  throw std::out_of_range("postgres::rows: there is no column " + std::string(column));
}

}  // namespace gatehouse::postgres
