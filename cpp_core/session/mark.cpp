#include "session/mark.h"

#include <sodium.h>

#include <array>
#include <charconv>

namespace gatehouse::session {

namespace {

using digest = std::array<unsigned char, crypto_shorthash_siphashx24_BYTES>;
static_assert(digest().size() == 16);

// The same everywhere: every machine reads the same feed. It keeps no secret.
constexpr std::array<unsigned char, crypto_shorthash_siphashx24_KEYBYTES> same_key = {
    'g', 'a', 't', 'e', 'h', 'o', 'u', 's', 'e', ' ', 'm', 'a', 'r', 'k', 's', '1'};

// SipHash-2-4 of 128 bits. Realm names hold no NUL, so the parts cannot be shifted against each other.
mark hash(char kind, std::string_view realm, std::string_view id) {
  std::string text;
  text.reserve(2 + realm.size() + id.size());
  text += kind;
  text.append(realm).push_back('\0');
  text.append(id);
  digest made;
  crypto_shorthash_siphashx24(made.data(), reinterpret_cast<const unsigned char*>(text.data()), text.size(),
                              same_key.data());
  mark parsed;
  for (int i = 0; i < 8; ++i) parsed.high = parsed.high << 8 | made[i];
  for (int i = 8; i < 16; ++i) parsed.low = parsed.low << 8 | made[i];
  return parsed;
}

std::optional<std::uint64_t> parse_word(std::string_view hex) {
  std::uint64_t word = 0;
  const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), word, 16);
  if (parsed.ec != std::errc() || parsed.ptr != hex.data() + hex.size()) return {};
  return word;
}

}  // namespace

mark session_mark(std::string_view realm, std::string_view sid) { return hash('s', realm, sid); }
mark user_mark(std::string_view realm, std::string_view user_id) { return hash('u', realm, user_id); }
mark realm_mark(std::string_view realm, std::string_view redis) { return hash('r', realm, redis); }

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
