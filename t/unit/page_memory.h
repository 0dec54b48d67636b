// Memory aligned to a page, as nginx gives a shared zone.
#pragma once

#include <cstddef>
#include <vector>

namespace gatehouse {

class page_memory {
 public:
  explicit page_memory(std::size_t size) : pages_(size / sizeof(page)) {}

  std::byte* data() { return pages_.front().bytes; }
  std::size_t size() const { return pages_.size() * sizeof(page); }

 private:
  struct alignas(4096) page {
    std::byte bytes[4096];
  };
  std::vector<page> pages_;
};

}  // namespace gatehouse
