#include "dialect/request.h"

#include "base/text.h"

namespace gatehouse::dialect {

std::string_view request::header(std::string_view wanted) const {
  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, wanted)) return value;
  }
  return {};
}

std::vector<std::string_view> request::all_headers(std::string_view wanted) const {
  std::vector<std::string_view> values;
  for (const auto& [name, value] : headers) {
    if (equal_ignoring_case(name, wanted)) values.push_back(value);
  }
  return values;
}

}  // namespace gatehouse::dialect
