#include "account/letter.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "account/statements.h"
#include "base/random.h"

namespace gatehouse::account {

namespace {

constexpr std::size_t message_id_bytes = 12;

// What a link is for: one_time_tokens.purpose. Null: the letter has none.
nlohmann::json purpose_of(std::string_view letter) {
  if (letter == letter::verify) return "verify";
  if (letter == letter::confirm_email) return "change_email";
  if (letter == letter::reset || letter == letter::recovery) return "reset";
  return nullptr;
}

}  // namespace

bool is_notice(std::string_view letter) {
  constexpr std::array notices{letter::new_login,      letter::password_changed,    letter::email_changed,
                               letter::token_created,  letter::factor_added,        letter::factor_renamed,
                               letter::factor_removed, letter::recovery_codes_made, letter::recovery_codes_low};
  return std::ranges::find(notices, letter) != notices.end();
}

std::optional<std::string> order_of(const std::optional<mail_order>& wanted, const source& from) {
  if (!wanted) return std::nullopt;
  const nlohmann::json members{{"letter", wanted->letter},
                               {"purpose", purpose_of(wanted->letter)},
                               {"to_verified", wanted->to_verified},
                               {"language", printable(wanted->language)},
                               {"link", wanted->link},
                               {"lifetime", wanted->lifetime.count()},
                               {"address", printable(from.address)},
                               {"user_agent", printable(from.user_agent)},
                               {"message_id", random_base64url(message_id_bytes)}};
  return members.dump();
}

}  // namespace gatehouse::account
