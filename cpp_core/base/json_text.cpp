#include "base/json_text.h"

#include <algorithm>
#include <string_view>

namespace gatehouse {

namespace {

bool is_plain(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c < '\x7f' && c != '"' && c != '\\'; });
}

template <class Json>
class text_writer {
 public:
  explicit text_writer(bad_utf8 on_bad_utf8) : on_bad_utf8_(on_bad_utf8) {}

  void write(const Json& value) {
    if (value.is_object()) return write_members(value);
    if (value.is_array()) return write_elements(value);
    if (value.is_string()) return write_text(value.template get_ref<const std::string&>());
    text_ += value.dump();
  }
  std::string take() && { return std::move(text_); }

 private:
  void write_members(const Json& object) {
    char before = '{';
    for (const auto& [name, value] : object.template get_ref<const typename Json::object_t&>()) {
      text_ += std::exchange(before, ',');
      write_text(name);
      text_ += ':';
      write(value);
    }
    text_ += before == '{' ? "{}" : "}";
  }

  void write_elements(const Json& array) {
    char before = '[';
    for (const Json& each : array) {
      text_ += std::exchange(before, ',');
      write(each);
    }
    text_ += before == '[' ? "[]" : "]";
  }

  void write_text(const std::string& text) {
    if (!is_plain(text)) {
      text_ += Json(text).dump(-1, ' ', false, on_bad_utf8_);
      return;
    }
    text_ += '"';
    text_ += text;
    text_ += '"';
  }

  bad_utf8 on_bad_utf8_;
  std::string text_;
};

template <class Json>
std::string text_of(const Json& value, bad_utf8 on_bad_utf8) {
  text_writer<Json> writer(on_bad_utf8);
  writer.write(value);
  return std::move(writer).take();
}

}  // namespace

std::string json_text(const nlohmann::json& value, bad_utf8 on_bad_utf8) { return text_of(value, on_bad_utf8); }
std::string json_text(const nlohmann::ordered_json& value, bad_utf8 on_bad_utf8) { return text_of(value, on_bad_utf8); }

}  // namespace gatehouse
