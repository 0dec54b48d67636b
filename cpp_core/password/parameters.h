// What a realm's directive `password` says:
//
//   password [min_length=8] [blocklist=FILE|off] [memory=19m] [iterations=2] [queue=64] [nice=10];
//
// Defaults are OWASP's for Argon2id with one lane (REQUIREMENTS 50).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gatehouse::password {

// The most bytes a password may have; longer ones are refused, never cut (REQUIREMENTS 46, 49).
inline constexpr std::size_t most_bytes = 1024;

// The cost of one Argon2id hash with one lane.
struct parameters {
  std::size_t memory = std::size_t{19} * 1024 * 1024;  // bytes, whole KiB
  std::uint32_t iterations = 2;

  bool operator==(const parameters&) const = default;
};

// Whether a hash of this cost may be computed at all: 8 KiB to 1 GiB, and no more than 4 GiB written in all iterations
// together, some seconds. Holds for the settings and for what the database says.
bool is_computable(const parameters& cost) noexcept;

struct settings {
  parameters cost;
  std::size_t min_length = 8;  // code points
  // As written: the caller resolves a relative name. Empty: off. There is no silent fallback when the file is missing.
  std::string blocklist_file = "/usr/share/gatehouse/blocklist.txt";
  std::size_t queue = 64;  // how many hashes may wait or run in one worker
  int nice = 10;           // of the hash threads
};

// `words` are the directive's without its name. Refuses a cost below every combination of OWASP's Password Storage
// Cheat Sheet, a minimum length outside of 8 to 64 (REQUIREMENTS 45, 46), and what is unknown or written twice.
result<settings> parse_settings(std::span<const std::string_view> words);

}  // namespace gatehouse::password
