#include "registry/registry.h"

#include <algorithm>
#include <array>

#include "bff/bff.h"
#include "bff/bff_pages.h"
#include "csrf/csrf.h"
#include "form/form.h"
#include "jsonapi/jsonapi.h"
#include "related/related.h"
#include "rest/rest.h"

namespace gatehouse::dialect {

namespace {

const std::array dialects{&rest, &jsonapi, &csrf, &form, &bff, &bff_pages, &related_origins};

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
