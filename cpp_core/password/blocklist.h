// Passwords that everybody tries first (REQUIREMENTS 48): an immutable set, read while the configuration is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gatehouse::password {

class blocklist {
 public:
  blocklist() = default;  // empty: forbids nothing

  // One password a line, LF or CRLF, in any letter case; a line is taken whole, spaces too. Left out: empty lines,
  // lines that start with "#!comment:" (as John the Ripper's list has them), and what no password can be: more than
  // most_bytes, or not UTF-8. Errors (invalid): not a readable regular file, above 64 MiB, a NUL in it, no entry. They
  // name `path` and say what to write.
  static result<blocklist> load(const std::string& path);

  // The whole of `password`, ignoring the case of ASCII letters. Makes no copy of it.
  bool contains(std::string_view password) const noexcept;

  std::size_t size() const noexcept { return starts_.size(); }

 private:
  std::string_view entry(std::size_t i) const noexcept;

  std::string text_;                   // the entries, one after the other, sorted
  std::vector<std::uint32_t> starts_;  // of each entry in text_
};

}  // namespace gatehouse::password
