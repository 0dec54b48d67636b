// What an SMTP server says (RFC 5321, 4.2), read from a stream of bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace gatehouse::smtp {

struct reply {
  int code = 0;
  std::string text;  // the whole of it, "250 2.0.0 Ok: queued": several lines are one; see shown()

  bool is(int first_digit) const { return code / 100 == first_digit; }
};

class reply_reader {
 public:
  void add(std::string_view bytes) { buffer_ += bytes; }

  // The next reply, if all of it has arrived. An error: what arrived is none, or too much (a reply has at most 128
  // lines and 64 KB); the stream is of no use then. Looks at each byte once.
  result<std::optional<reply>> next();

  // Nothing has arrived that was not in a reply returned by next().
  bool is_empty() const { return buffer_.empty() && text_.empty(); }

 private:
  std::string buffer_;        // from the line that has not ended
  std::size_t searched_ = 0;  // of buffer_: no line ends there
  std::string text_;          // of the reply's lines so far; empty: there is none
  std::size_t lines_ = 0;
  std::size_t bytes_ = 0;  // of these lines
};

// Fit for a log and a table: one line of printable UTF-8, at most 500 bytes.
std::string shown(std::string_view words);

}  // namespace gatehouse::smtp
