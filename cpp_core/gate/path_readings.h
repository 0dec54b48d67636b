// How an application may read the path of a request that it gets as it was sent. nginx decodes once, merges slashes and
// resolves dots, in an order of its own; others decode twice, take "\" for "/", cut off ";parameters", do not merge, or
// do it all in another order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::gate {

// Could anybody read it otherwise than as it stands? Most paths are read in one way only, and this says so cheaply.
bool is_ambiguous_path(std::string_view raw);

// All readings of a raw path, without its query: decoded, and with its dots resolved at one time or another. nullopt:
// they are too many.
std::optional<std::vector<std::string>> path_readings(std::string_view raw);

}  // namespace gatehouse::gate
