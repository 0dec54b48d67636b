// What the fuzzers have found worth keeping, and what we gave them to begin with: every run of the tests reads it
// again.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "source_tree.h"
#include "targets.h"

namespace gatehouse {

namespace {

TEST(fuzz_corpus, every_file_is_read_as_promised) {
  for (const fuzz::target& each : fuzz::targets()) {
    const std::filesystem::path folder = source_tree() / "t/fuzz/corpus" / each.name;
    ASSERT_TRUE(std::filesystem::is_directory(folder)) << folder;
    std::size_t files = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string bytes(std::istreambuf_iterator<char>(stream), {});
      SCOPED_TRACE(file.path());
      each.run(bytes);
      ++files;
    }
    EXPECT_GT(files, 2U) << folder;
  }
}

}  // namespace

}  // namespace gatehouse
