#include "source_tree.h"

namespace gatehouse {

std::filesystem::path source_tree() { return SOURCE_TREE; }

}  // namespace gatehouse
