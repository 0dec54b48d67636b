#include "gate/presented_token.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <optional>

#include "base/text.h"
#include "gate/bearer.h"
#include "gate/user_token.h"

namespace gatehouse::gate {

namespace {

// What follows the scheme "Basic"; nullopt: it is another one.
std::optional<std::string_view> after_basic(std::string_view value) {
  constexpr std::string_view scheme = "Basic";
  if (value.size() <= scheme.size() || !equal_ignoring_case(value.substr(0, scheme.size()), scheme))
    return std::nullopt;
  value.remove_prefix(scheme.size());
  if (value.front() != ' ') return std::nullopt;
  return trim_spaces(value);
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

// RFC 4648 §4. Some clients leave the padding out. The number of bytes; nullopt: it is none, or too long.
std::optional<std::size_t> base64_decode(std::string_view text, std::span<char> into) {
  for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  std::size_t size = 0;
  unsigned bits = 0;
  int bit_count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6) | static_cast<unsigned>(digit);
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    if (size == into.size()) return std::nullopt;
    into[size++] = static_cast<char>((bits >> bit_count) & 0xff);
  }
  return size;
}

}  // namespace

presented_token::presented_token(token_places places, std::span<const std::string_view> authorization,
                                 std::span<const std::string_view> api_keys) {
  const std::optional<std::string_view> basic =
      places.basic && authorization.size() == 1 ? after_basic(authorization.front()) : std::nullopt;
  if (places.api_key && !api_keys.empty()) {
    const bool is_beside_bearer = !std::holds_alternative<no_token>(find_bearer(authorization));
    if (api_keys.size() > 1 || is_beside_bearer || basic) {
      what_ = kind::ambiguous;  // whose request is it?
    } else {
      take(api_keys.front());
    }
    return;
  }
  if (basic) {
    by_basic_ = true;
    read_basic(*basic, places.password);
    return;
  }
  const found_token bearer = places.api_key ? find_bearer(authorization) : no_token{};
  const auto* token = std::get_if<bearer_token>(&bearer);
  if (token != nullptr && begins_as_user_token(token->text)) take(token->text);
}

presented_token::~presented_token() { OPENSSL_cleanse(decoded_.data(), decoded_size_); }

void presented_token::take(std::string_view text) {
  what_ = kind::token;
  text_ = text;
}

void presented_token::read_basic(std::string_view credentials, bool takes_password) {
  what_ = kind::malformed;
  const std::optional<std::size_t> size = base64_decode(credentials, decoded_);
  decoded_size_ = size.value_or(decoded_.size());
  if (!size) return;
  const std::string_view pair(decoded_.data(), *size);
  const std::size_t colon = pair.find(':');  // a username has none, a password may
  if (colon == std::string_view::npos) return;
  username_ = pair.substr(0, colon);
  const std::string_view rest = pair.substr(colon + 1);
  if (begins_as_user_token(rest)) {
    take(rest);
  } else if (takes_password && !username_.empty() && !rest.empty()) {
    what_ = kind::password;
    text_ = rest;
  }
}

}  // namespace gatehouse::gate
