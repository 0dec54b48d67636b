// URLs that let in whoever has them: one path and query at one host, by GET, for a while. A session makes one and
// answers for it: who comes by it is the session's user as of now, and it ends when the session does.
//
//     /report?year=2026&gh_expires=1893456000&gh_signature=…
//
// The signature is base64url of an HMAC-SHA-256, by a key derived for this alone, and of the session's id.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "token/key_set.h"

namespace gatehouse::gate {

inline constexpr seconds longest_signed_url{7 * 24 * 3600};

// What is signed, beside the session and the time: all of it as a client sends it.
struct signed_target {
  std::string_view realm;   // its name
  std::string_view host;    // as host_name() has it
  std::string_view target;  // path and query
};

// Why no client, or not every one, would send it back like this, or two readers would read it differently; null: it can
// be signed.
const char* fault_of_target(std::string_view target);

// The target with the two parameters.
std::string sign_target(const token::key_set& keys, const signed_target& what, std::string_view session_id,
                        unix_seconds expires_at);

// The id of the session that has signed it. nullopt: it has no signature, or an old one, or that of something else.
// `sent.target`: with the two parameters, which are its last ones.
std::optional<std::string> signer_of(const token::key_set& keys, const signed_target& sent, unix_seconds now);

}  // namespace gatehouse::gate
