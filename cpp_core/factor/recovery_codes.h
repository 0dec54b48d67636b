// Codes on paper for who has lost the second factor: each is good once. Of a code only its hash is stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"

namespace gatehouse::factor {

inline constexpr std::size_t recovery_code_count = 10;

// Of 80 random bits each, in Crockford's base32: "7Q2K-…", four groups of four.
std::vector<secret> new_recovery_codes();

// The code as it was made, without dashes, from what a person typed: in either case of letters, with dashes and spaces
// anywhere, and O for 0, I and L for 1. nullopt: it can be none.
std::optional<secret> read_recovery_code(std::string_view typed);

// SHA-256 in hexadecimal, for this user: nobody can look for one code among all users' at once. With 80 random bits
// that is enough (SP 800-63B-4 §3.1.2.2). `code`: as read_recovery_code() gives it.
std::string hash_recovery_code(std::string_view user_id, const secret& code);
// Of those that new_recovery_codes() has made.
std::vector<std::string> hash_recovery_codes(std::string_view user_id, const std::vector<secret>& codes);

}  // namespace gatehouse::factor
