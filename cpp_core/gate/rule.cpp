#include "gate/rule.h"

#include <algorithm>

#include "base/duration.h"
#include "base/text.h"

namespace gatehouse::gate {

namespace {

constexpr std::string_view what_to_write =
    "write role=NAME, scope=NAME, claim:NAME=VALUE, email_domain=NAME, email_verified, mfa or auth_age=TIME, after any "
    "or all";

constexpr seconds shortest_age{60};  // less would be over before the page is there; clocks differ, too

bool has_shown(const assurance& wanted, const identity& who) { return wanted.missing(who, now_seconds()).empty(); }

error wrong(std::string_view what) { return {fault::invalid, std::string(what) + "; " + std::string(what_to_write)}; }

}  // namespace

result<rule::condition> rule::parse_condition(std::string_view word) {
  constexpr std::string_view claim_prefix = "claim:";
  if (word == "email_verified") {
    return condition{
        [](const condition&, const identity& who) { return who.claim("email_verified") == "true"; }, {}, {}};
  }

  const auto meets_assurance = [](const condition& needed, const identity& who) {
    return has_shown(needed.wanted, who);
  };
  if (word == "mfa") return condition{meets_assurance, {}, {}, {.mfa = true, .max_age = {}}};

  const std::size_t equals = word.find('=');
  const std::string_view left = word.substr(0, equals);
  std::string value(equals == std::string_view::npos ? "" : word.substr(equals + 1));
  if (value.empty()) return wrong("\"" + std::string(word) + "\" is not a requirement");

  if (left == "role") {
    return condition{
        [](const condition& needed, const identity& who) { return who.has_role(needed.value); }, {}, value};
  }
  if (left == "scope") {
    return condition{
        [](const condition& needed, const identity& who) { return who.has_scope(needed.value); }, {}, value};
  }
  if (left == "auth_age") {
    const result<seconds> age = parse_duration(value);
    if (!age) return wrong("\"" + std::string(word) + "\": " + age.failure().what);
    if (*age < shortest_age) return wrong("\"" + std::string(word) + "\" is less than a minute");
    return condition{meets_assurance, {}, {}, {.mfa = false, .max_age = *age}};
  }
  if (left == "email_domain") {
    const auto same_domain = [](const condition& needed, const identity& who) {
      const std::string_view email = who.email();
      const std::size_t at = email.rfind('@');
      return at != std::string_view::npos && equal_ignoring_case(email.substr(at + 1), needed.value);
    };
    return condition{same_domain, {}, value};
  }
  if (left.starts_with(claim_prefix) && left.size() > claim_prefix.size()) {
    const auto same_claim = [](const condition& needed, const identity& who) {
      return who.claim(needed.name) == needed.value;
    };
    return condition{same_claim, std::string(left.substr(claim_prefix.size())), value};
  }
  return wrong("\"" + std::string(word) + "\" is not a requirement");
}

result<rule> rule::parse(std::span<const std::string_view> words) {
  rule parsed;
  for (const std::string_view word : words) parsed.text_.append(parsed.text_.empty() ? "" : " ").append(word);

  if (!words.empty() && (words.front() == "any" || words.front() == "all")) {
    parsed.any_suffices_ = words.front() == "any";
    words = words.subspan(1);
  }
  if (words.empty()) return wrong("nothing is required");
  for (const std::string_view word : words) {
    result<condition> needed = parse_condition(word);
    if (!needed) return needed.failure();
    parsed.conditions_.push_back(std::move(*needed));
  }
  return parsed;
}

bool rule::allows(const identity& who) const {
  const auto holds = [&who](const condition& needed) { return needed.holds(needed, who); };
  return any_suffices_ ? std::ranges::any_of(conditions_, holds) : std::ranges::all_of(conditions_, holds);
}

std::optional<assurance> rule::missing(const identity& who) const {
  assurance all;
  for (const condition& needed : conditions_) {
    if (needed.holds(needed, who)) continue;
    if (any_suffices_ && !needed.wanted.empty()) return needed.wanted;
    if (!any_suffices_ && needed.wanted.empty()) return std::nullopt;
    all.add(needed.wanted);
  }
  return all.empty() ? std::nullopt : std::optional(all);
}

}  // namespace gatehouse::gate
