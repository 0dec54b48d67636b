#include "dialect/json_body.h"

#include <openssl/crypto.h>

#include "base/json.h"
#include "base/text.h"

namespace gatehouse::dialect {

namespace {

operation::refused unusable(std::string message) {
  operation::refused no;
  no.why = operation::refusal::invalid_input;
  no.message = std::move(message);
  return no;
}

void store(operation::input& into, const operation::field_id& target, std::string value) {
  if (const auto* plain = std::get_if<0>(&target)) {
    into.** plain = std::move(value);
  } else {
    into.*std::get<1>(target) = secret(value);
    OPENSSL_cleanse(value.data(), value.size());
  }
}

}  // namespace

bool is_json(std::string_view content_type) {
  std::string_view media_type = content_type.substr(0, content_type.find(';'));
  while (media_type.ends_with(' ')) media_type.remove_suffix(1);
  return equal_ignoring_case(media_type, "application/json");
}

std::variant<operation::input, operation::refused> decode_json(const route& matched, std::string_view content_type,
                                                               std::string_view body) {
  const bool may_be_empty = matched.needs == credential::bearer_if_alone;
  if (body.empty() && may_be_empty) return operation::input();
  if (!is_json(content_type)) {
    operation::refused no;
    no.why = operation::refusal::unsupported_media_type;
    return no;
  }

  result<nlohmann::json> read = read_json(body);
  if (!read) return unusable("The body is not usable JSON: " + read.failure().what);
  if (!read->is_object()) return unusable("The body must be a JSON object");

  operation::input in;
  operation::refused no;
  no.why = operation::refusal::invalid_input;
  for (const field& each : matched.fields) {
    const auto member = read->find(each.member);
    if (member == read->end()) {
      if (each.required) no.fields.push_back({each.target, "is required"});
    } else if (!member->is_string()) {
      no.fields.push_back({each.target, "must be a string"});
    } else {
      store(in, each.target, std::move(member->get_ref<std::string&>()));
    }
  }
  if (!no.fields.empty()) return no;
  return in;
}

}  // namespace gatehouse::dialect
