// A mark: 16 bytes that stand for a session or a user of a realm in the revocation table and in the feed. The ids are
// ours and random: nobody can choose them to collide, so a fast hash will do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gatehouse::session {

struct mark {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  bool operator==(const mark&) const = default;
  bool empty() const { return high == 0 && low == 0; }
  std::string hex() const;  // 32 digits
};

// Each hashes: make them once when a token is verified and keep them with it.
mark session_mark(std::string_view realm, std::string_view sid);
mark user_mark(std::string_view realm, std::string_view user_id);
// Of a realm and the Redis it is kept in.
mark realm_mark(std::string_view realm, std::string_view redis);

// 32 hexadecimal digits, or nothing.
std::optional<mark> parse_mark(std::string_view hex);

}  // namespace gatehouse::session
