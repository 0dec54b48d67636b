#include "gate/cookie.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace gatehouse::gate {

namespace {

constexpr std::size_t most_cookie_bytes = 4096;  // of a cookie's name and value
// Of both, so that the Cookie header is no longer than the lines that nginx reads unless it is told otherwise (8 KB).
constexpr std::size_t most_bytes_of_both = 7168;
constexpr char mark = '~';

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One piece between semicolons, with the spaces around it.
class piece {
 public:
  // Takes the next one off the front of `header`.
  explicit piece(std::string_view& header) : text_(header.substr(0, header.find(';'))), equals_(text_.find('=')) {
    header.remove_prefix(std::min(text_.size() + 1, header.size()));
  }

  std::string_view text() const { return text_; }
  std::string_view name() const { return trimmed(text_.substr(0, equals_)); }
  std::string_view value() const {
    return equals_ == std::string_view::npos ? std::string_view() : trimmed(text_.substr(equals_ + 1));
  }

 private:
  std::string_view text_;
  std::size_t equals_;
};

}  // namespace

found_cookie find_cookie(std::span<const std::string_view> headers, std::string_view name) {
  wanted_cookie wanted{name};
  find_cookies(headers, {&wanted, 1});
  return wanted.found;
}

void find_cookies(std::span<const std::string_view> headers, std::span<wanted_cookie> wanted) {
  for (std::string_view header : headers) {
    while (!header.empty()) {
      const piece each(header);
      const auto found = std::ranges::find(wanted, each.name(), &wanted_cookie::name);
      if (found == wanted.end()) continue;
      const bool is_first = std::holds_alternative<no_cookie>(found->found);
      found->found = is_first ? found_cookie(each.value()) : ambiguous_cookie{};
    }
  }
}

bool fits_cookies(std::string_view name, std::string_view value) {
  return value.size() + 2 * name_of_rest(name).size() < most_bytes_of_both;
}

std::string name_of_rest(std::string_view name) { return std::string(name) + "-2"; }

std::pair<std::string, std::string> split_value(std::string_view name, std::string_view value) {
  const std::size_t room = most_cookie_bytes - name.size();
  if (value.size() <= room) return {std::string(value), ""};
  return {std::string(value.substr(0, room - 1)) + mark, std::string(value.substr(room - 1))};
}

found_cookie find_split_cookie(std::span<const std::string_view> headers, std::string_view name, std::string& joined) {
  const std::string rest = name_of_rest(name);
  std::array<wanted_cookie, 2> both{{{name}, {rest}}};
  find_cookies(headers, both);
  return join_cookies(both[0].found, both[1].found, joined);
}

found_cookie join_cookies(const found_cookie& first, const found_cookie& rest, std::string& joined) {
  const auto* begin = std::get_if<std::string_view>(&first);
  if (begin == nullptr || !begin->ends_with(mark)) return first;
  const auto* end = std::get_if<std::string_view>(&rest);
  if (end == nullptr) return std::holds_alternative<ambiguous_cookie>(rest) ? rest : first;
  joined.assign(begin->substr(0, begin->size() - 1)).append(*end);
  return std::string_view(joined);
}

std::vector<std::pair<std::string_view, std::string_view>> find_cookies_with(std::span<const std::string_view> headers,
                                                                             std::string_view prefix) {
  std::vector<std::pair<std::string_view, std::string_view>> found;
  for (std::string_view header : headers) {
    while (!header.empty()) {
      const piece each(header);
      if (each.name().starts_with(prefix)) found.emplace_back(each.name(), each.value());
    }
  }
  return found;
}

void cookie_names::add(std::string_view name) { add_to(whole_, name); }
void cookie_names::add_beginning(std::string_view beginning) { add_to(beginnings_, beginning); }

void cookie_names::add_to(std::vector<std::string>& names, std::string_view name) {
  if (name.empty() || std::ranges::find(names, name) != names.end()) return;
  names.emplace_back(name);
  first_letters_.set(static_cast<unsigned char>(name.front()));
}

bool cookie_names::contains(std::string_view name) const {
  if (name.empty() || !first_letters_[static_cast<unsigned char>(name.front())]) return false;
  return std::ranges::find(whole_, name) != whole_.end() ||
         std::ranges::any_of(beginnings_, [name](const std::string& each) { return name.starts_with(each); });
}

std::optional<std::string_view> cookie_walk::next() {
  while (!left_.empty()) {
    const piece each(left_);
    if (names_.contains(each.name())) return each.text();
  }
  return std::nullopt;
}

void cookie_copy::leave_out(std::string_view cookie) {
  const auto before = static_cast<std::size_t>(cookie.data() - left_.data());
  append(left_.substr(0, before));
  left_.remove_prefix(before + cookie.size());
}

std::size_t cookie_copy::finish() {
  append(left_);
  return static_cast<std::size_t>(end_ - begin_);
}

void cookie_copy::append(std::string_view others) {
  if (others.ends_with(';')) others.remove_suffix(1);
  if (end_ == begin_) others.remove_prefix(std::min(others.find_first_not_of("; "), others.size()));
  if (!others.empty()) std::memcpy(end_, others.data(), others.size());
  end_ += others.size();
}

}  // namespace gatehouse::gate
