#include "jsonapi/jsonapi_body.h"

#include "base/json.h"
#include "body/fields.h"
#include "body/json_body.h"

namespace gatehouse::dialect {

namespace {

using nlohmann::json;

constexpr std::string_view empty_body = "Body cannot be empty when content-type is set to 'application/json'";
constexpr std::string_view invalid_json = "Body is not valid JSON but content-type is set to 'application/json'";
constexpr std::string_view wrong_type = "Invalid Type Attribute";
constexpr std::string_view invalid_status = "Invalid Active Status, Please use 1 for true and 0 for false";

decoded must_be(std::string_view where, std::string_view what) {
  return unusable_body(std::string(where) + " must be " + std::string(what));
}

decoded must_have(std::string_view where, std::string_view member) {
  return unusable_body(std::string(where) + " must have required property '" + std::string(member) + "'");
}

// The original takes 1 and 0, as numbers or strings; true and false are understood as well.
std::optional<bool> read_flag(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value == 1 || value == "1") return true;
  if (value == 0 || value == "0") return false;
  return std::nullopt;
}

// Like the original, first looks for missing members, then for wrong types, each in the order of the table.
decoded read_attributes(const route& matched, std::string_view where, json attributes) {
  if (!attributes.is_object()) return must_be(where, "object");
  for (const field& each : matched.fields) {
    if (each.required && !attributes.contains(each.member)) return must_have(where, each.member);
  }
  field_reader reader(matched);
  for (const field& each : matched.fields) {
    const auto found = attributes.find(each.member);
    if (found == attributes.end()) continue;
    const std::string path = std::string(where) + "/" + std::string(each.member);
    if (wants_object(each) && !found->is_object()) return must_be(path, "object");
    if (wants_boolean(each)) {
      const std::optional<bool> said = read_flag(*found);
      if (!said) return unusable_body(std::string(invalid_status));
      reader.store(each, json(*said));
      continue;
    }
    if (!wants_object(each) && !found->is_string()) return must_be(path, "string");
    const bool is_absent = !each.required && found->is_string() && found->get_ref<const std::string&>().empty();
    if (!is_absent) reader.store(each, std::move(*found));
  }
  return std::move(reader).finish();
}

decoded read_envelope(const route& matched, json body) {
  if (!body.contains("data")) return must_have("body", "data");
  json& data = body["data"];
  if (!data.is_object()) return must_be("body/data", "object");
  for (const char* member : {"type", "attributes"}) {
    if (!data.contains(member)) return must_have("body/data", member);
  }
  decoded read = read_attributes(matched, "body/data/attributes", std::move(data["attributes"]));
  if (!read.why && data["type"] != "users") return unusable_body(std::string(wrong_type));
  return read;
}

}  // namespace

decoded decode_jsonapi(const route& matched, envelope wanted, std::string_view content_type, std::string_view body) {
  if (body.empty() && content_type.empty()) return must_be("body", "object");
  if (!is_json(content_type)) {
    operation::refused rejection;
    rejection.why = operation::refusal::unsupported_media_type;
    return {{}, std::move(rejection)};
  }
  if (body.empty()) return unusable_body(std::string(empty_body));
  result<json> read = read_json(body);
  if (!read) return unusable_body(std::string(invalid_json));
  if (!read->is_object()) return must_be("body", "object");
  if (wanted == envelope::optional && !read->contains("data"))
    return read_attributes(matched, "body", std::move(*read));
  return read_envelope(matched, std::move(*read));
}

std::string_view place_of_attributes(envelope wanted) {
  return wanted == envelope::required ? "body/data/attributes" : "body";
}

std::string_view fastify_code(std::string_view message) {
  if (message == empty_body) return "FST_ERR_CTP_EMPTY_JSON_BODY";
  if (message == invalid_json) return "FST_ERR_CTP_INVALID_JSON_BODY";
  const bool is_schema = message.starts_with("body") || message.starts_with("querystring");
  return is_schema ? "FST_ERR_VALIDATION" : "";
}

}  // namespace gatehouse::dialect
