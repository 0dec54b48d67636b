#pragma once

#include <filesystem>

namespace gatehouse {

// The tree that these tests were compiled from: its sql/ and t/ are read while they run.
std::filesystem::path source_tree();

}  // namespace gatehouse
