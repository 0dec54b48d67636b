#include "limit/allowance.h"

#include <algorithm>
#include <set>
#include <string>

namespace gatehouse::limit {

namespace {

error wrong(std::string what) { return {fault::invalid, std::move(what)}; }

std::string usage(const allowance& known) {
  std::string words;
  for (const scope& each : scopes) {
    if (known.*each.limit) words.append(each.name).append("=N/TIME, ");
  }
  return words + "or off";
}

}  // namespace

status parse_allowance(std::span<const std::string_view> words, allowance& into) {
  if (words.size() == 1 && words[0] == "off") {
    for (const scope& each : scopes) {
      if (into.*each.limit) into.*each.limit = rate{};
    }
    return done{};
  }

  std::set<std::string_view> seen;
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view name = word.substr(0, equals);
    const auto* known = std::ranges::find(scopes, name, &scope::name);
    if (equals == std::string_view::npos || known == scopes.end() || !(into.*known->limit)) {
      return wrong("\"" + std::string(word) + "\" is unknown here; write " + usage(into));
    }
    if (!seen.insert(name).second) return wrong("\"" + std::string(name) + "=\" is given twice");

    const result<rate> parsed = parse_rate(word.substr(equals + 1));
    if (!parsed) return wrong("\"" + std::string(name) + "=\": " + parsed.failure().what);
    into.*known->limit = *parsed;
  }
  return done{};
}

}  // namespace gatehouse::limit
