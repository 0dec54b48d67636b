#include "gate/set_cookie.h"

#include <stdexcept>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

constexpr std::string_view host_prefix = "__Host-";
constexpr std::string_view secure_prefix = "__Secure-";

bool begins_with(std::string_view name, std::string_view prefix) {
  return equal_ignoring_case(name.substr(0, prefix.size()), prefix);
}

void add_attribute(std::string& header, std::string_view attribute, std::string_view value = {}) {
  header.append("; ").append(attribute).append(value);
}

std::string name_value_and_attributes(const cookie& said) {
  const bool is_dropped = begins_with(said.name, host_prefix) && (!said.secure || !said.domain.empty());
  if (is_dropped) throw std::logic_error("no browser would keep the cookie " + said.name);
  std::string header = said.name + "=" + said.value;
  add_attribute(header, "Path=/");
  if (!said.domain.empty()) add_attribute(header, "Domain=", said.domain);
  if (said.http_only) add_attribute(header, "HttpOnly");
  if (said.secure) add_attribute(header, "Secure");
  add_attribute(header, "SameSite=", said.same_site);
  return header;
}

}  // namespace

std::string cookie_name(std::string_view name, bool secure, std::string_view domain) {
  const bool is_of_one_host = domain.empty();
  return std::string(secure && is_of_one_host ? host_prefix : "").append(name);
}

bool has_cookie_prefix(std::string_view name) {
  return begins_with(name, host_prefix) || begins_with(name, secure_prefix);
}

std::string set_cookie(const cookie& said) {
  std::string header = name_value_and_attributes(said);
  if (said.lifetime) add_attribute(header, "Max-Age=", std::to_string(said.lifetime->count()));
  return header;
}

std::string clear_cookie(cookie said) {
  said.value.clear();
  std::string header = name_value_and_attributes(said);
  add_attribute(header, said.cleared_by_date ? "Expires=Thu, 01 Jan 1970 00:00:00 GMT" : "Max-Age=0");
  return header;
}

}  // namespace gatehouse::gate
