// What the limit directives of a realm say: for each kind of attempt, how often it may be made by whom.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "limit/rate.h"

namespace gatehouse::limit {

// nullopt: attempts of this kind are not counted so.
struct allowance {
  std::optional<rate> account_address;  // one account, from one client address
  std::optional<rate> account;          // one account, from wherever
  std::optional<rate> address;          // one client address, whatever account
  std::optional<rate> all;              // the whole realm
};

// The limits are off or have these defaults. An attacker can fill `all` by himself, so for logins it is off.
struct allowances {
  // Failures only; what succeeds is given back (REQUIREMENTS 51).
  allowance logins{rate{10, seconds(900)}, rate{100, seconds(3600)}, rate{100, seconds(900)}, rate{}};
  allowance registrations{{}, {}, rate{20, seconds(3600)}, rate{1000, seconds(3600)}};
  allowance mails{{}, rate{5, seconds(3600)}, rate{20, seconds(3600)}, rate{1000, seconds(3600)}};
  // One-time tokens that were wrong (REQUIREMENTS 54).
  allowance tokens{{}, {}, rate{60, seconds(600)}, rate{}};
  // Users' tokens that were wrong, as far as anything had to be asked to find out.
  allowance user_tokens{{}, {}, rate{60, seconds(600)}, rate{}};
};

// By whom attempts are counted, as the directives and the keys in Redis name it.
struct scope {
  std::string_view name;
  std::optional<rate> allowance::*limit;
};
inline constexpr std::array scopes{
    scope{"account+address", &allowance::account_address},
    scope{"account", &allowance::account},
    scope{"address", &allowance::address},
    scope{"all", &allowance::all},
};

// The words of a directive: "address=10/1h", "all=off" and the like for the scopes that `into` has, or "off" alone for
// all of them. A scope that is not named stays as it is. The error says what to write.
status parse_allowance(std::span<const std::string_view> words, allowance& into);

}  // namespace gatehouse::limit
