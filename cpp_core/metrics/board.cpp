#include "metrics/board.h"

#include <sodium.h>

#include <array>

namespace gatehouse::metrics {

namespace {

struct row {
  std::atomic<std::uint64_t> realm;  // its hash; 0: free
  std::array<std::atomic<std::uint64_t>, words> values;
};

std::uint64_t hash_of(std::string_view realm) {
  constexpr std::array<unsigned char, crypto_shorthash_KEYBYTES> no_secret{};
  std::uint64_t hash = 0;
  crypto_shorthash(reinterpret_cast<unsigned char*>(&hash), reinterpret_cast<const unsigned char*>(realm.data()),
                   realm.size(), no_secret.data());
  return hash == 0 ? 1 : hash;
}

}  // namespace

std::optional<shared_words> row_of(std::span<std::byte> memory, std::string_view realm) {
  const std::span rows(reinterpret_cast<row*>(memory.data()), memory.size() / sizeof(row));
  const std::uint64_t wanted = hash_of(realm);
  for (row& each : rows) {
    if (each.realm == 0) each.realm = wanted;
    if (each.realm == wanted) return shared_words(each.values);
  }
  return std::nullopt;
}

}  // namespace gatehouse::metrics
