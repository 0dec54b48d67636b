#include "smtp/reply.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::smtp {

namespace {

constexpr std::size_t most_shown = 500;
constexpr std::size_t most_unread = 65536;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "250 text", "250-text" or just "250".
bool is_reply_line(std::string_view line) {
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

}  // namespace

result<std::optional<reply>> reply_reader::next() {
  std::string text;
  for (std::size_t begin = 0, end = 0; (end = buffer_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_reply_line(line)) return error{fault::unavailable, "this is no SMTP: \"" + shown(line) + "\""};
    const bool last = line.size() == 3 || line[3] == ' ';
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (text.empty()) {
      text = line.substr(0, 3);
      if (line.size() > 4) text.append(" ").append(line.substr(4));
    } else if (line.size() > 4) {
      text.append(" ").append(line.substr(4));
    }
    if (!last) continue;
    buffer_.erase(0, end + 1);
    return std::optional<reply>(reply{code, shown(text)});
  }
  if (buffer_.size() > most_unread) return error{fault::unavailable, "an endless reply"};
  return std::optional<reply>();
}

std::string shown(std::string_view words) {
  std::string line = one_line(words.substr(0, 2 * most_shown));
  if (line.size() <= most_shown) return line;
  std::size_t end = most_shown;
  while (code_point_length(line, end) == 0) --end;
  line.resize(end);
  return line;
}

}  // namespace gatehouse::smtp
