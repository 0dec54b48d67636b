#include "gate/remembered_browser.h"

#include <charconv>
#include <optional>

#include "base/base64url.h"

namespace gatehouse::gate {

namespace {

// A JWT's signing input is base64url and a dot: it has no space.
std::string signing_input(const remembered_browser& what, std::string_view ends_at) {
  std::string input = "remembered browser of realm ";
  input.append(what.realm).append(", user ").append(what.user_id).append(", factors ");
  return input.append(std::to_string(what.factor_version)).append(", until ").append(ends_at);
}

}  // namespace

std::string remember_browser(const token::key_set& keys, const remembered_browser& what, unix_seconds ends_at) {
  const std::string end = std::to_string(ends_at);
  return end + "." + base64url_encode(keys.refresh_signing_key().sign(signing_input(what, end)));
}

bool is_remembered(const token::key_set& keys, const remembered_browser& what, std::string_view value,
                   unix_seconds now) {
  const std::size_t dot = value.find('.');
  if (dot == std::string_view::npos) return false;
  const std::string_view digits = value.substr(0, dot);
  unix_seconds end = 0;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), end);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || end <= now) return false;
  const std::optional<std::string> signature = base64url_decode(value.substr(dot + 1));
  return signature && keys.verify_by_any(token::key_use::refresh, signing_input(what, digits), *signature);
}

}  // namespace gatehouse::gate
