// Where the workers of one nginx add up what they have counted: a row of the shared zone for each realm, kept over
// reloads. Read and added to without a lock.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "metrics/tally.h"

namespace gatehouse::metrics {

// The row of a realm in `memory`, which is zeroed when it is new. The caller holds the zone's mutex. nullopt: every row
// is another realm's.
std::optional<shared_words> row_of(std::span<std::byte> memory, std::string_view realm);

}  // namespace gatehouse::metrics
