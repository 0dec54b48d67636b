#include "session/mark.h"

#include <charconv>

namespace gatehouse::session {

namespace {

// Realm names hold no NUL, so the parts cannot be shifted against each other.
mark hash(sha256_hasher& hasher, char kind, std::string_view realm, std::string_view id) {
  std::string text;
  text.reserve(2 + realm.size() + id.size());
  text += kind;
  text.append(realm).push_back('\0');
  text.append(id);
  const sha256_digest digest = hasher(text);
  mark parsed;
  for (int i = 0; i < 8; ++i)
    parsed.high = parsed.high << 8 | digest[i];  // big-endian: every machine reads the same feed
  for (int i = 8; i < 16; ++i) parsed.low = parsed.low << 8 | digest[i];
  return parsed;
}

std::optional<std::uint64_t> parse_word(std::string_view hex) {
  std::uint64_t word = 0;
  const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), word, 16);
  if (parsed.ec != std::errc() || parsed.ptr != hex.data() + hex.size()) return {};
  return word;
}

}  // namespace

mark session_mark(std::string_view realm, std::string_view sid) {
  sha256_hasher once;
  return hash(once, 's', realm, sid);
}
mark user_mark(std::string_view realm, std::string_view user_id) {
  sha256_hasher once;
  return hash(once, 'u', realm, user_id);
}
mark realm_mark(std::string_view realm, std::string_view redis) {
  sha256_hasher once;
  return hash(once, 'r', realm, redis);
}
marks marks_of(sha256_hasher& hasher, std::string_view realm, std::string_view sid, std::string_view user_id) {
  return {hash(hasher, 's', realm, sid), hash(hasher, 'u', realm, user_id)};
}

std::string mark::hex() const {
  std::string digits;
  for (const std::uint64_t word : {high, low}) {
    for (int shift = 60; shift >= 0; shift -= 4) digits += "0123456789abcdef"[word >> shift & 15];
  }
  return digits;
}

std::optional<mark> parse_mark(std::string_view hex) {
  if (hex.size() != 32) return {};
  const std::optional<std::uint64_t> high = parse_word(hex.substr(0, 16));
  const std::optional<std::uint64_t> low = parse_word(hex.substr(16));
  if (!high || !low) return {};
  return mark{*high, *low};
}

}  // namespace gatehouse::session
