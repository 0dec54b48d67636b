#include "token/claim.h"

#include <algorithm>

#include "base/text.h"

namespace gatehouse::token {

using nlohmann::json;

std::optional<std::int64_t> whole_number(const json& claims, const char* name, std::int64_t most) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  if (value > static_cast<std::uint64_t>(most)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

const std::string* text_claim(const json& claims, const char* name) {
  const auto found = claims.find(name);
  if (found == claims.end() || !found->is_string()) return nullptr;
  const auto& value = found->get_ref<const std::string&>();
  return value.empty() ? nullptr : &value;
}

bool has_control_character(const json& value) {
  if (value.is_string()) return gatehouse::has_control_character(value.get_ref<const std::string&>());
  if (value.is_array()) return std::ranges::any_of(value, [](const json& each) { return has_control_character(each); });
  if (!value.is_object()) return false;
  return std::ranges::any_of(value.get_ref<const json::object_t&>(), [](const auto& member) {
    return gatehouse::has_control_character(member.first) || has_control_character(member.second);
  });
}

}  // namespace gatehouse::token
