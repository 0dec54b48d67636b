// The members of a JSON object that somebody has signed, read in one pass into one piece of memory: looked up by name,
// and no tree is made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/json.h"

namespace gatehouse::token {

inline constexpr unix_seconds latest_time = 253402300799;  // the last second of the year 9999

class claim_set {
 public:
  // A part of text().
  struct extent {
    std::uint32_t at = 0;
    std::uint32_t size = 0;
  };

  // Takes what read_json() takes within the same limits, and refuses what that refuses; nullopt also for what is no
  // object. Throws std::bad_alloc only.
  static std::optional<claim_set> read(std::string json, const json_limits& limits);

  std::size_t size() const { return members_.size(); }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  // Without what was escaped in it; empty unless the claim is a string.
  std::string_view text(std::string_view name) const { return view_of(text_extent(name)); }
  extent text_extent(std::string_view name) const;
  // nullopt unless it is a whole number from 0 to `most`: no sign, fraction or exponent (REQUIREMENTS 14).
  std::optional<std::int64_t> whole_number(std::string_view name, std::int64_t most) const;
  bool is_true(std::string_view name) const { return json_of(name) == "true"; }
  // The value as it was written; empty: there is none.
  std::string_view json_of(std::string_view name) const;

  // Of an array each element: a string as text() has it, nullopt for anything else. False: the claim is none.
  bool for_each_text(std::string_view name, const std::function<void(std::optional<std::string_view>)>& see) const;

  // In any string or member name, however deep.
  bool has_control_character() const { return has_control_character_; }

  // The object as it was written, and all that extents are parts of, which begins with it.
  std::string_view json() const { return std::string_view(text_).substr(0, json_size_); }
  std::string take_text() && { return std::move(text_); }

 private:
  friend class claim_reader;
  enum class kind : std::uint8_t { text, array, other };
  struct member {
    extent name;
    extent value;  // of a text what it says, else as it was written
    extent json;
    kind what = kind::other;
  };

  claim_set() = default;
  const member* find(std::string_view name) const;
  std::string_view view_of(extent part) const { return std::string_view(text_).substr(part.at, part.size); }

  std::string text_;  // the JSON, and behind it what strings with escapes say
  std::size_t json_size_ = 0;
  std::vector<member> members_;
  bool has_control_character_ = false;
};

}  // namespace gatehouse::token
