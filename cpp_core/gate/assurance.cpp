#include "gate/assurance.h"

#include <algorithm>

#include "base/duration.h"

namespace gatehouse::gate {

namespace {

constexpr std::string_view mfa_class = "mfa";
constexpr std::uint32_t longest_age = 100u * 365 * 24 * 3600;

std::string digits(seconds time) { return std::to_string(time.count()); }

}  // namespace

void assurance::add(const assurance& more) {
  mfa = mfa || more.mfa;
  if (more.max_age) max_age = std::min(max_age.value_or(*more.max_age), *more.max_age);
}

assurance assurance::missing(const identity& who, unix_seconds now) const {
  assurance left;
  left.mfa = mfa && !who.has_mfa();
  if (max_age && who.auth_time() + max_age->count() < now) left.max_age = max_age;
  return left;
}

std::string assurance::query() const {
  std::string text;
  if (mfa) text.append("acr_values=").append(mfa_class);
  if (max_age) text.append(text.empty() ? "max_age=" : "&max_age=").append(digits(*max_age));
  return text;
}

assurance assurance::read(std::string_view acr_values, std::string_view max_age) {
  assurance asked;
  asked.mfa = acr_values == mfa_class;
  const result<std::uint32_t> age = parse_count(max_age, 0, longest_age);
  if (age) asked.max_age = seconds(*age);
  return asked;
}

std::string assurance::challenge() const {
  std::string text = "Bearer error=\"insufficient_user_authentication\"";
  if (mfa) text.append(", acr_values=\"").append(mfa_class).append("\"");
  if (max_age) text.append(", max_age=").append(digits(*max_age));
  return text;
}

}  // namespace gatehouse::gate
