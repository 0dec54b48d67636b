#include "view/folder_files.h"

#include <algorithm>
#include <array>
#include <filesystem>

#include "base/file.h"

namespace gatehouse::view {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = 1024 * 1024;

error cannot_read(const std::string& directory, const std::error_code& why) {
  return {fault::invalid, "cannot read the folder \"" + directory + "\": " + why.message()};
}

// Of an editor, of patch or of dpkg.
bool is_left_over(std::string_view name) {
  constexpr std::array<std::string_view, 9> endings{"~",         ".bak",       ".orig",     ".rej",     ".swp",
                                                    ".dpkg-old", ".dpkg-dist", ".dpkg-new", ".dpkg-tmp"};
  return name.starts_with('.') || name.starts_with('#') ||
         std::ranges::any_of(endings, [name](std::string_view ending) { return name.ends_with(ending); });
}

status check_place(const fs::path& file, const fs::path& root) {
  std::error_code failed;
  const fs::path place = fs::canonical(file, failed);
  if (failed)
    return error{fault::invalid, '"' + file.string() + "\" is a link that leads nowhere: " + failed.message()};
  if (std::ranges::mismatch(root, place).in1 == root.end()) return done{};
  return error{fault::invalid,
               '"' + file.string() + "\" is a link that leads out of the folder; copy to it what it needs"};
}

}  // namespace

result<files_by_name> read_files(const std::string& directory, const std::string& root) {
  std::error_code failed;
  const fs::path top = fs::canonical(root, failed);
  if (failed) return cannot_read(root, failed);
  const status placed = check_place(directory, top);
  if (!placed) return placed.failure();

  files_by_name files;
  fs::directory_iterator entries(directory, failed);
  if (failed) return cannot_read(directory, failed);
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (is_left_over(name)) continue;
    if (entry.is_symlink(failed)) {
      const status inside = check_place(entry.path(), top);
      if (!inside) return inside.failure();
    }
    if (!entry.is_regular_file(failed)) continue;
    result<std::string> bytes = read_file(entry.path().string(), most_bytes);
    if (!bytes) return bytes.failure();
    files.emplace(name, std::move(*bytes));
  }
  return files;
}

}  // namespace gatehouse::view
