#include "token/claim_set.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "base/hex.h"
#include "base/text.h"

namespace gatehouse::token {

namespace {

// What a string may hold as it is, and what needs no second look.
constexpr std::array<bool, 256> plain = [] {
  std::array<bool, 256> table{};
  for (int c = ' '; c < 0x7f; ++c) table[static_cast<unsigned char>(c)] = c != '"' && c != '\\';
  return table;
}();

constexpr std::size_t usual_members = 24;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void append_utf8(std::string& to, std::uint32_t point) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    to += static_cast<char>(point);
  } else if (point < 0x800) {
    to += static_cast<char>(0xc0 | point >> 6);
    tail(0);
  } else if (point < 0x10000) {
    to += static_cast<char>(0xe0 | point >> 12);
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xf0 | point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

// RFC 8259, by recursive descent. Each read_…() takes one thing off the front of what is left; false: it is refused.
class claim_reader {
 public:
  using extent = claim_set::extent;

  claim_reader(std::string_view json, const json_limits& limits)
      : json_(json),
        at_(json.data()),
        end_(json.data() + json.size()),
        limits_(limits),
        members_left_(limits.members) {}

  // The whole of it, into `all`.
  bool read_object_alone(claim_set& all) {
    if (json_.size() > limits_.bytes) return false;
    skip_space();
    if (at_ == end_ || *at_ != '{' || !read_object(0, &all)) return false;
    skip_space();
    return at_ == end_;
  }

  // Of an array that has been read before.
  void see_elements(const std::function<void(std::optional<std::string_view>)>& see) {
    ++at_;
    skip_space();
    while (*at_ != ']') {
      const bool is_text = *at_ == '"';
      extent text;
      if (!(is_text ? read_string(text) : read_value(1))) return;
      see(is_text ? std::optional(view_of(text)) : std::nullopt);
      skip_space();
      if (*at_ == ',') ++at_;
      skip_space();
    }
  }

  const std::string& unescaped() const { return unescaped_; }
  bool has_control_character() const { return has_control_character_; }

 private:
  bool read_value(std::size_t depth) {
    extent ignored;
    switch (at_ == end_ ? '\0' : *at_) {
      case '{':
        return read_object(depth, nullptr);
      case '[':
        return read_array(depth);
      case '"':
        return read_string(ignored);
      case 't':
        return skip("true");
      case 'f':
        return skip("false");
      case 'n':
        return skip("null");
      default:
        return read_number();
    }
  }

  // `all`: where its members go, if they are wanted.
  bool read_object(std::size_t depth, claim_set* all) {
    if (depth == limits_.depth) return false;
    ++at_;
    const std::size_t first_name = names_.size();
    bool is_sorted = true;
    skip_space();
    if (skip('}')) return true;
    do {
      extent name;
      skip_space();
      if (!count() || at_ == end_ || *at_ != '"' || !read_string(name)) return false;
      is_sorted = is_sorted && (names_.size() == first_name || view_of(names_.back()) < view_of(name));
      names_.push_back(name);
      skip_space();
      if (!skip(':')) return false;
      skip_space();
      if (!(all == nullptr ? read_value(depth + 1) : read_member(name, *all))) return false;
      skip_space();
    } while (skip(','));
    if (!skip('}') || (!is_sorted && has_twins(first_name))) return false;
    names_.resize(first_name);
    return true;
  }

  bool read_member(extent name, claim_set& all) {
    claim_set::member made;
    made.name = name;
    const char* const begin = at_;
    if (at_ != end_ && *at_ == '"') {
      made.what = claim_set::kind::text;
      if (!read_string(made.value)) return false;
    } else {
      made.what = at_ != end_ && *at_ == '[' ? claim_set::kind::array : claim_set::kind::other;
      const std::size_t unescaped = unescaped_.size();
      if (!read_value(1)) return false;
      unescaped_.resize(unescaped);  // of strings within: nobody asks for them
      made.value = extent_of(begin, at_);
    }
    made.json = extent_of(begin, at_);
    all.members_.push_back(made);
    return true;
  }

  bool read_array(std::size_t depth) {
    if (depth == limits_.depth) return false;
    ++at_;
    skip_space();
    if (skip(']')) return true;
    do {
      skip_space();
      if (!count() || !read_value(depth + 1)) return false;
      skip_space();
    } while (skip(','));
    return skip(']');
  }

  bool read_string(extent& into) {
    const char* run = ++at_;
    const std::size_t first = unescaped_.size();
    bool has_escapes = false;
    for (;;) {
      while (at_ != end_ && plain[static_cast<unsigned char>(*at_)]) ++at_;
      if (at_ == end_) return false;
      if (*at_ == '"') break;
      if (*at_ != '\\') {
        if (!read_other_character()) return false;
        continue;
      }
      has_escapes = true;
      unescaped_.append(run, at_);
      if (!read_escape()) return false;
      run = at_;
    }
    if (has_escapes) {
      unescaped_.append(run, at_);
      into = {static_cast<std::uint32_t>(json_.size() + first), static_cast<std::uint32_t>(unescaped_.size() - first)};
    } else {
      into = extent_of(run, at_);
    }
    ++at_;
    return into.size <= limits_.string_length;
  }

  // DEL, or one of several bytes.
  bool read_other_character() {
    const auto byte = static_cast<unsigned char>(*at_);
    const std::size_t length = byte < ' ' ? 0 : code_point_length(json_, static_cast<std::size_t>(at_ - json_.data()));
    if (length == 0) return false;
    const bool is_control = byte == 0x7f || (byte == 0xc2 && static_cast<unsigned char>(at_[1]) < 0xa0);
    has_control_character_ = has_control_character_ || is_control;
    at_ += length;
    return true;
  }

  bool read_escape() {
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meant = "\"\\/\b\f\n\r\t";
    ++at_;
    if (at_ == end_) return false;
    if (*at_ == 'u') return read_code_point();
    const std::size_t which = letters.find(*at_++);
    if (which == std::string_view::npos) return false;
    unescaped_ += meant[which];
    has_control_character_ = has_control_character_ || meant[which] < ' ';
    return true;
  }

  // \uD83D\uDE00 is one code point. The halves alone are none.
  bool read_code_point() {
    std::uint32_t point = 0;
    if (!read_four_digits(point)) return false;
    if (point >= 0xdc00 && point < 0xe000) return false;
    if (point >= 0xd800 && point < 0xdc00) {
      std::uint32_t low = 0;
      if (!skip('\\') || at_ == end_ || *at_ != 'u' || !read_four_digits(low)) return false;
      if (low < 0xdc00 || low >= 0xe000) return false;
      point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
    }
    if (point == 0 && !limits_.allow_nul) return false;
    has_control_character_ = has_control_character_ || point < ' ' || (point >= 0x7f && point < 0xa0);
    append_utf8(unescaped_, point);
    return true;
  }

  bool read_four_digits(std::uint32_t& into) {
    ++at_;
    if (end_ - at_ < 4) return false;
    const auto read = std::from_chars(at_, at_ + 4, into, 16);
    if (read.ec != std::errc() || read.ptr != at_ + 4) return false;
    at_ += 4;
    return true;
  }

  bool read_number() {
    const char* const begin = at_;
    (void)skip('-');
    const char* const first = at_;
    skip_digits();
    if (at_ == first || (*first == '0' && at_ - first > 1)) return false;
    constexpr std::ptrdiff_t surely_fit = 18;
    bool is_simple = at_ - first <= surely_fit;
    if (skip('.')) {
      is_simple = false;
      if (!skip_digits()) return false;
    }
    if (skip('e') || skip('E')) {
      is_simple = false;
      if (!skip('+')) (void)skip('-');
      if (!skip_digits()) return false;
    }
    return is_simple || std::isfinite(std::strtod(std::string(begin, at_).c_str(), nullptr));
  }

  bool has_twins(std::size_t first_name) {
    std::vector<std::string_view> sorted;
    for (std::size_t i = first_name; i < names_.size(); ++i) sorted.push_back(view_of(names_[i]));
    std::ranges::sort(sorted);
    return std::ranges::adjacent_find(sorted) != sorted.end();
  }

  bool count() {
    if (members_left_ == 0) return false;
    --members_left_;
    return true;
  }

  void skip_space() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\t' || *at_ == '\n' || *at_ == '\r')) ++at_;
  }

  bool skip_digits() {
    const char* const begin = at_;
    while (at_ != end_ && is_digit(*at_)) ++at_;
    return at_ != begin;
  }

  bool skip(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool skip(std::string_view word) {
    if (!std::string_view(at_, end_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  extent extent_of(const char* begin, const char* end) const {
    return {static_cast<std::uint32_t>(begin - json_.data()), static_cast<std::uint32_t>(end - begin)};
  }

  std::string_view view_of(extent part) const {
    if (part.at < json_.size()) return json_.substr(part.at, part.size);
    return std::string_view(unescaped_).substr(part.at - json_.size(), part.size);
  }

  std::string_view json_;
  const char* at_;
  const char* end_;
  const json_limits& limits_;
  std::size_t members_left_;
  std::vector<extent> names_;  // of all objects that are open
  std::string unescaped_;
  bool has_control_character_ = false;
};

std::optional<claim_set> claim_set::read(std::string json, const json_limits& limits) {
  claim_set all;
  all.members_.reserve(usual_members);
  claim_reader reader(json, limits);
  if (!reader.read_object_alone(all)) return std::nullopt;
  all.json_size_ = json.size();
  all.has_control_character_ = reader.has_control_character();
  all.text_ = std::move(json);
  all.text_ += reader.unescaped();
  return all;
}

claim_set::extent claim_set::text_extent(std::string_view name) const {
  const member* found = find(name);
  return found != nullptr && found->what == kind::text ? found->value : extent{};
}

std::optional<std::int64_t> claim_set::whole_number(std::string_view name, std::int64_t most) const {
  const member* found = find(name);
  if (found == nullptr || found->what != kind::other) return std::nullopt;
  const std::string_view digits = view_of(found->value);
  std::int64_t value = -1;
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  const bool is_whole = read.ec == std::errc() && read.ptr == digits.data() + digits.size() && is_digit(digits.front());
  if (!is_whole || value > most) return std::nullopt;
  return value;
}

std::string_view claim_set::json_of(std::string_view name) const {
  const member* found = find(name);
  return found == nullptr ? std::string_view() : view_of(found->json);
}

bool claim_set::for_each_text(std::string_view name,
                              const std::function<void(std::optional<std::string_view>)>& see) const {
  const member* found = find(name);
  if (found == nullptr || found->what != kind::array) return false;
  const json_limits limits;
  claim_reader(view_of(found->value), limits).see_elements(see);
  return true;
}

const claim_set::member* claim_set::find(std::string_view name) const {
  for (const member& each : members_) {
    if (each.name.size != name.size()) continue;
    if (std::memcmp(text_.data() + each.name.at, name.data(), name.size()) == 0) return &each;
  }
  return nullptr;
}

}  // namespace gatehouse::token
