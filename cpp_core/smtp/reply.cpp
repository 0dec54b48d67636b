#include "smtp/reply.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::smtp {

namespace {

constexpr std::size_t most_shown = 500;
constexpr std::size_t most_bytes = 65536;
constexpr std::size_t most_lines = 128;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "250 text", "250-text" or just "250".
bool is_reply_line(std::string_view line) {
  return line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) && is_digit(line[2]) &&
         (line.size() == 3 || line[3] == ' ' || line[3] == '-');
}

error endless() { return {fault::unavailable, "an endless reply"}; }

}  // namespace

result<std::optional<reply>> reply_reader::next() {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::optional<reply> whole;
  while (!whole && (end = buffer_.find('\n', std::max(begin, searched_))) != std::string::npos) {
    std::string_view line = std::string_view(buffer_).substr(begin, end - begin);
    bytes_ += line.size() + 1;
    if (++lines_ > most_lines || bytes_ > most_bytes) return endless();
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!is_reply_line(line)) return error{fault::unavailable, "this is no SMTP: \"" + shown(line) + "\""};
    if (text_.empty()) text_ = line.substr(0, 3);
    if (line.size() > 4) text_.append(" ").append(line.substr(4));
    const bool last = line.size() == 3 || line[3] == ' ';
    const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
    if (last) whole = reply{code, shown(text_)};
  }
  buffer_.erase(0, begin);
  searched_ = whole ? 0 : buffer_.size();
  if (!whole && bytes_ + buffer_.size() > most_bytes) return endless();
  if (whole) {
    text_.clear();
    lines_ = bytes_ = 0;
  }
  return whole;
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
