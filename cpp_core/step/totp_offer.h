// An authenticator app that is to become a factor: its secret is made here, shown once, and waits, sealed, in Redis
// until a code shows that the app has it.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "factor/sealed.h"
#include "step/context.h"

namespace gatehouse::operation {

// Of one that its user has not named.
inline constexpr std::string_view default_totp_name = "Authenticator";

struct offered_totp {
  std::string id;  // of the factor that is to be
  factor::sealed kept;
};

// Only where the realm offers_totp().
offered_totp offer_totp(const context& ctx, const std::string& user_id);

// What the app is told. `account`: what it shows beside the site's name.
result<totp_offer> totp_shown(const context& ctx, const offered_totp& offered, const std::string& user_id,
                              const std::string& account);

// The step of the code; nullopt: it is none of this secret's.
result<std::optional<std::int64_t>> confirm_totp(const context& ctx, const offered_totp& offered,
                                                 const std::string& user_id, const secret& code);

nlohmann::json to_json(const offered_totp& offered);
// nullopt: it is another thing.
std::optional<offered_totp> offered_in(const nlohmann::json& stored);

}  // namespace gatehouse::operation
