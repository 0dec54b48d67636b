// An entry of the revocation feed as the stream holds it: names and values, the same that session/scripts.cpp writes.
//   until U session M | until U raised M least U | until U user M least N how kill|expire keep M
// U: Unix seconds, M: a mark. An older Gatehouse passes over what it does not know, such as `raised`.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/reply.h"
#include "session/revocations.h"

namespace gatehouse::session {

// Where the feed of a realm is. In braces: all keys of a realm are in one slot of a cluster.
std::string key_prefix(std::string_view realm);
std::string feed_key(std::string_view realm);
std::string run_key(std::string_view realm);

// An entry matters for the longest access lifetime and this: clocks disagree, and a token's exp is granted some skew.
constexpr seconds feed_margin{120};

// Redis gives ids by its clock: milliseconds and a number within them.
struct stream_id {
  std::uint64_t time = 0;
  std::uint64_t count = 0;

  auto operator<=>(const stream_id&) const = default;
  std::string text() const { return std::to_string(time) + "-" + std::to_string(count); }
};

std::optional<stream_id> parse_stream_id(std::string_view text);

// One element of XREAD's or XRANGE's answer: its id, and what it means, if this version understands it.
struct feed_entry {
  stream_id id;
  std::optional<revocation> what;
};
std::optional<feed_entry> decode_entry(const redis::reply& element);

std::vector<std::string> encode_entry(const revocation& what);

}  // namespace gatehouse::session
