#include "dialect/dialect.h"

#include <algorithm>
#include <array>

#include "dialect/bff.h"
#include "dialect/bff_pages.h"
#include "dialect/csrf.h"
#include "dialect/form.h"
#include "dialect/jsonapi.h"
#include "dialect/rest.h"

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

namespace {

const std::array dialects{&rest, &jsonapi, &csrf, &form, &bff, &bff_pages};

}  // namespace

const dialect* find(std::string_view name) {
  for (const dialect* each : dialects) {
    if (each->name == name) return each;
  }
  return nullptr;
}

std::string names() {
  std::string all;
  for (const dialect* each : dialects) all.append(all.empty() ? "" : ", ").append(each->name);
  return all;
}

seconds longest_access_lifetime() {
  seconds longest{0};
  for (const dialect* each : dialects) longest = std::max(longest, each->client.access_lifetime);
  return longest;
}

}  // namespace gatehouse::dialect
