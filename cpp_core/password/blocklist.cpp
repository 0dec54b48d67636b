#include "password/blocklist.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/text.h"
#include "password/parameters.h"

namespace gatehouse::password {

namespace {

constexpr std::uintmax_t most_file_bytes = std::uintmax_t{64} * 1024 * 1024;

error unusable(const std::string& path, std::string_view why) {
  return {fault::invalid, "password blocklist " + path + ": " + std::string(why) +
                              "; write blocklist= with a file of one password a line, or blocklist=off"};
}

result<std::string> read(const std::string& path) {
  std::error_code failure;
  const std::filesystem::file_status found = std::filesystem::status(path, failure);
  if (failure) return unusable(path, failure.message());
  if (!std::filesystem::is_regular_file(found)) return unusable(path, "not a regular file");
  const std::uintmax_t size = std::filesystem::file_size(path, failure);
  if (failure) return unusable(path, failure.message());
  if (size > most_file_bytes) return unusable(path, "larger than 64 MiB");

  std::ifstream file(path, std::ios::binary);
  if (!file) return unusable(path, std::generic_category().message(errno));
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (file.bad()) return unusable(path, "cannot be read to its end");
  return text;
}

bool is_entry(std::string_view line) {
  return !line.empty() && line.size() <= most_bytes && !line.starts_with("#!comment:") && is_utf8(line);
}

// Views into `text`, sorted, each once.
std::vector<std::string_view> entries_of(std::string_view text) {
  std::vector<std::string_view> entries;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (is_entry(line)) entries.push_back(line);
  }
  std::sort(entries.begin(), entries.end());
  entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
  return entries;
}

}  // namespace

result<blocklist> blocklist::load(const std::string& path) {
  result<std::string> text = read(path);
  if (!text) return text.failure();
  if (text->find('\0') != std::string::npos) return unusable(path, "not a text file in UTF-8: it holds a NUL");

  const std::string lower = ascii_lower(*text);
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  const bool marked = lower.starts_with(byte_order_mark);
  const std::vector<std::string_view> entries =
      entries_of(std::string_view(lower).substr(marked ? byte_order_mark.size() : 0));
  if (entries.empty()) return unusable(path, "no entry in it");

  blocklist loaded;
  loaded.text_.reserve(lower.size());
  loaded.starts_.reserve(entries.size());
  for (const std::string_view entry : entries) {
    loaded.starts_.push_back(static_cast<std::uint32_t>(loaded.text_.size()));
    loaded.text_ += entry;
  }
  return loaded;
}

std::string_view blocklist::entry(std::size_t i) const noexcept {
  const std::size_t end = i + 1 < starts_.size() ? starts_[i + 1] : text_.size();
  return std::string_view(text_).substr(starts_[i], end - starts_[i]);
}

bool blocklist::contains(std::string_view password) const noexcept {
  std::size_t low = 0;
  std::size_t high = starts_.size();
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    const int order = compare_ignoring_case(entry(middle), password);
    if (order == 0) return true;
    if (order < 0) low = middle + 1;
    if (order > 0) high = middle;
  }
  return false;
}

}  // namespace gatehouse::password
