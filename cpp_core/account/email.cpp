#include "account/email.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::account {

namespace {

constexpr std::size_t most_local = 64;
constexpr std::size_t most_label = 63;
constexpr std::size_t most_address = 254;

error wrong(const char* rule) { return {fault::invalid, rule}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter_or_digit(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z'); }
bool is_atext(char c) {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}
bool is_printable_ascii(char c) { return c > ' ' && c <= '~'; }

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= most_label && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

// The last label has a letter, or this would be an IPv4 address (RFC 3696, 2).
bool is_domain(std::string_view domain) {
  std::size_t labels = 1;
  std::size_t dot = 0;
  for (; (dot = domain.find('.')) != std::string_view::npos; ++labels) {
    if (!is_label(domain.substr(0, dot))) return false;
    domain.remove_prefix(dot + 1);
  }
  return labels > 1 && is_label(domain) && !std::all_of(domain.begin(), domain.end(), is_digit);
}

}  // namespace

result<email> email::parse(std::string_view typed) {
  if (typed.empty()) return wrong("is empty");
  if (typed.size() > most_address) return wrong("is longer than 254 characters");
  if (!std::all_of(typed.begin(), typed.end(), is_printable_ascii)) {
    return wrong("may hold ASCII letters, digits and punctuation only, and no spaces");
  }
  const std::size_t at = typed.rfind('@');
  if (at == std::string_view::npos) return wrong("has no @");

  const std::string_view local = typed.substr(0, at);
  if (local.empty()) return wrong("has nothing before the @");
  if (local.size() > most_local) return wrong("has more than 64 characters before the @");
  if (local.front() == '.' || local.back() == '.' || local.find("..") != std::string_view::npos) {
    return wrong("has a dot in the wrong place before the @");
  }
  if (!std::all_of(local.begin(), local.end(), [](char c) { return is_atext(c) || c == '.'; })) {
    return wrong("has a character before the @ that may not be there");
  }
  if (!is_domain(typed.substr(at + 1))) return wrong("needs a domain name such as example.com after the @");
  return email(typed);
}

email::email(std::string_view typed) : typed_(typed), canonical_(ascii_lower(typed)) {}

}  // namespace gatehouse::account
