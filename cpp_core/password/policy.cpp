#include "password/policy.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "password/disguise.h"

namespace gatehouse::password {

namespace {

bool is_own_name(std::string_view password, const owner& who) {
  const std::array<std::string_view, 4> names{who.name, who.username, who.email,
                                              who.email.substr(0, who.email.rfind('@'))};
  return std::any_of(names.begin(), names.end(),
                     [&](std::string_view name) { return equal_ignoring_case(name, password); });
}

bool is_guessed_first(std::string_view password, const blocklist& blocked) {
  const std::vector<secret> words = undisguised(password);
  return std::any_of(words.begin(), words.end(), [&](const secret& word) { return blocked.contains(word.reveal()); });
}

}  // namespace

std::optional<violation> check(const secret& password, const owner& chosen_by, const settings& rules,
                               const blocklist& blocked) {
  const std::string_view bytes = password.reveal();
  if (bytes.size() > most_bytes) {
    return violation{rule::too_long, "must have at most " + std::to_string(most_bytes) + " bytes"};
  }
  const std::optional<std::size_t> length = count_code_points(bytes);
  if (!length) return violation{rule::utf8, "must be text in UTF-8"};
  if (*length < rules.min_length) {
    return violation{rule::too_short, "must have at least " + std::to_string(rules.min_length) + " characters"};
  }
  if (is_own_name(bytes, chosen_by)) {
    return violation{rule::own_name, "must not be your own name or e-mail address"};
  }
  if (is_guessed_first(bytes, blocked)) {
    return violation{rule::blocked, "is one of the passwords that are guessed first; choose another"};
  }
  return std::nullopt;
}

}  // namespace gatehouse::password
