#include "body/json_body.h"

#include <algorithm>

#include "base/json.h"
#include "body/fields.h"

namespace gatehouse::dialect {

bool is_json(std::string_view content_type) { return is_media_type(content_type, "application/json"); }

decoded decode_json(const route& matched, std::string_view content_type, std::string_view body) {
  const bool may_be_empty = std::ranges::none_of(matched.fields, &field::required);
  if (body.empty() && may_be_empty) return {};
  if (!is_json(content_type)) {
    operation::refused rejection;
    rejection.why = operation::refusal::unsupported_media_type;
    return {{}, std::move(rejection)};
  }

  result<nlohmann::json> read = read_json(body);
  if (!read) return unusable_body("The body is not usable JSON: " + read.failure().what);
  if (!read->is_object()) return unusable_body("The body must be a JSON object");

  field_reader reader(matched);
  for (const field& each : matched.fields) {
    const auto member = read->find(each.member);
    if (member == read->end()) continue;
    reader.store(each, std::move(*member));
  }
  return std::move(reader).finish();
}

}  // namespace gatehouse::dialect
