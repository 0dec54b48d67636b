#include "gate/rule.h"

#include <algorithm>

namespace gatehouse::gate {

result<rule> rule::parse(std::span<const std::string_view> words) {
  rule parsed;
  for (const std::string_view word : words) {
    const std::size_t equals = word.find('=');
    const std::string_view left = word.substr(0, equals);
    const std::string_view value = equals == std::string_view::npos ? "" : word.substr(equals + 1);
    constexpr std::string_view claim_prefix = "claim:";
    const bool is_claim = left.starts_with(claim_prefix) && left.size() > claim_prefix.size();

    if (value.empty() || (left != "role" && !is_claim)) {
      return error{fault::invalid,
                   "\"" + std::string(word) + "\" is not a requirement; write role=NAME or claim:NAME=VALUE"};
    }
    parsed.conditions_.push_back(
        is_claim ? condition{subject::claim, std::string(left.substr(claim_prefix.size())), std::string(value)}
                 : condition{subject::role, {}, std::string(value)});
    if (!parsed.text_.empty()) parsed.text_ += ' ';
    parsed.text_ += word;
  }
  if (parsed.conditions_.empty())
    return error{fault::invalid, "nothing is required; write role=NAME or claim:NAME=VALUE"};
  return parsed;
}

bool rule::allows(const identity& who) const {
  return std::ranges::all_of(conditions_, [&who](const condition& needed) {
    return needed.of == subject::role ? who.has_role(needed.value) : who.claim(needed.name) == needed.value;
  });
}

}  // namespace gatehouse::gate
