// The mails of the operations: which of them a realm sends, and where their links lead. Always to public_url, never to
// a host that a request has named (REQUIREMENTS 56).
#pragma once

#include <optional>
#include <string_view>

#include "account/letter.h"
#include "step/context.h"

namespace gatehouse::operation {

// Does the realm ask for proof of an e-mail?
bool verifies_email(const context& ctx);
// And is none allowed in before?
bool requires_verified_email(const context& ctx);

// One with a link that works once: verify, confirm_email, or the client's reset_letter. Only where the realm sends
// mail.
account::mail_order link_letter(const context& ctx, std::string_view letter);

// One that only tells something; nullopt: the realm does not send it.
std::optional<account::mail_order> notice(const context& ctx, std::string_view letter);

}  // namespace gatehouse::operation
