#include "dialect/dialect.h"

#include <algorithm>
#include <stdexcept>

namespace gatehouse::dialect {

bool response::has_header(std::string_view name) const {
  return std::ranges::any_of(headers, [name](const auto& header) { return header.first == name; });
}

std::string_view exchange::typed_as(std::string_view member) const {
  for (const auto& [name, value] : typed) {
    if (name == member) return value;
  }
  return {};
}

void refuse_outcome(const exchange& about) {
  throw std::logic_error("the dialect has no answer to what came of " + std::string(about.matched.method) + " " +
                         std::string(about.matched.path));
}

}  // namespace gatehouse::dialect
