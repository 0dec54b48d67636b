#include "base/json.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"

namespace gatehouse {

namespace {

using nlohmann::json;

// Builds the tree from the events of nlohmann's parser, and stops it (by returning false) at the first thing refused.
class tree_builder {
 public:
  explicit tree_builder(const json_limits& limits) : limits_(limits), members_left_(limits.members) {}

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(json::number_integer_t value) { return add(value); }
  bool number_unsigned(json::number_unsigned_t value) { return add(value); }
  bool number_float(json::number_float_t value, const std::string&) { return add(value); }
  bool string(std::string& value) { return usable(value) && add(value); }
  bool binary(json::binary_t&) { return refuse("is binary"); }  // JSON text has none

  bool start_object(std::size_t) { return open(json::object()); }
  bool end_object() { return close(); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    frame& object = open_.back();
    object.member = nullptr;  // until it is known to be usable, the object itself is the place of an error
    if (!usable(name)) return false;
    auto& members = object.container->get_ref<json::object_t&>();
    const auto [member, is_new] = members.emplace(name, nullptr);
    object.member = &*member;
    if (!is_new) return refuse("is there twice");
    return count();
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception& why) {
    constexpr int number_overflow = 406;
    if (why.id == number_overflow) return refuse("is a number out of range");
    problem_ = "not valid JSON at byte " + std::to_string(position);
    return false;
  }

  json take() { return std::move(root_); }
  std::string problem() const { return problem_; }

 private:
  struct frame {
    json* container;
    json::object_t::value_type* member;  // of an object: the one read last
  };

  bool open(json container) {
    if (open_.size() == limits_.depth) return refuse("is nested too deeply");
    json* const placed = place(std::move(container));
    if (placed == nullptr) return false;
    open_.push_back(frame{placed, nullptr});
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  bool add(json value) { return place(std::move(value)) != nullptr; }

  // Null: refused. What was placed does not move before it is closed: a map's nodes never do, and an array grows only
  // once its last element is complete.
  json* place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    json& parent = *open_.back().container;
    if (parent.is_array()) {
      if (!count()) return nullptr;
      parent.push_back(std::move(value));
      return &parent.back();
    }
    json& member = open_.back().member->second;
    member = std::move(value);
    return &member;
  }

  bool count() {
    if (members_left_ == 0) return refuse("is one member or element too many");
    --members_left_;
    return true;
  }

  bool usable(const std::string& text) {
    if (text.size() > limits_.string_length) return refuse("has too long a string");
    if (!limits_.allow_nul && text.find('\0') != std::string::npos) return refuse("has a NUL in a string");
    return true;
  }

  bool refuse(const char* why) {
    const std::string path = where();
    problem_ = path.empty() ? "the value " : "\"" + path + "\" ";
    problem_ += why;
    return false;
  }

  // The place of the value being read, such as user.roles[3]. It goes to logs and answers, so only plain characters.
  std::string where() const {
    constexpr std::size_t longest = 80;
    std::string path;
    for (const frame& each : open_) {
      if (each.container->is_array()) {
        const bool is_last = &each == &open_.back();
        path += "[" + std::to_string(each.container->size() - (is_last ? 0 : 1)) + "]";
      } else if (each.member != nullptr) {
        if (!path.empty()) path += '.';
        path += each.member->first;
      }
      if (path.size() > longest) {
        path.resize(longest);
        break;
      }
    }
    for (char& c : path) {
      if (c < ' ' || c > '~' || c == '"' || c == '\\') c = '?';
    }
    return path;
  }

  const json_limits& limits_;
  std::size_t members_left_;
  json root_;
  std::vector<frame> open_;
  std::string problem_;
};

result<json> read(std::string_view text, const json_limits& limits) {
  if (text.size() > limits.bytes) return invalid("longer than " + std::to_string(limits.bytes) + " bytes");
  // nlohmann's lexer skips a byte order mark and takes a NUL for the end, whatever follows it.
  if (text.starts_with("\xEF\xBB\xBF")) return invalid("begins with a byte order mark");
  if (text.find('\0') != std::string_view::npos) return invalid("has a NUL byte");

  tree_builder tree(limits);
  if (json::sax_parse(text.begin(), text.end(), &tree)) return tree.take();
  return invalid(is_utf8(text) ? tree.problem() : "not UTF-8");
}

}  // namespace

result<json> read_json(std::string_view text, const json_limits& limits) noexcept {
  try {
    return read(text, limits);
  } catch (...) {
    return error{fault::internal, "out of memory"};  // short enough to need none itself
  }
}

bool has_control_character_within(const json& value) {
  if (value.is_string()) return has_control_character(value.get_ref<const std::string&>());
  if (value.is_array()) return std::ranges::any_of(value, has_control_character_within);
  if (!value.is_object()) return false;
  return std::ranges::any_of(value.get_ref<const json::object_t&>(), [](const auto& member) {
    return has_control_character(member.first) || has_control_character_within(member.second);
  });
}

}  // namespace gatehouse
