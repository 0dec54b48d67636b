// UUIDs (RFC 9562) in the one spelling that PostgreSQL also uses: 36 characters, lower case.
#pragma once

#include <string>
#include <string_view>

namespace gatehouse {

// Version 4: 122 random bits. Throws as random_bytes() does.
std::string new_uuid();

// Any version; only the canonical spelling, so that equal UUIDs are equal strings.
bool is_uuid(std::string_view text) noexcept;

}  // namespace gatehouse
