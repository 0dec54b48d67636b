#include "body/fields.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "base/text.h"

namespace gatehouse::dialect {

bool is_media_type(std::string_view content_type, std::string_view media_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  return equal_ignoring_case(type, media_type);
}

std::string_view member_name(const route& matched, const operation::field_id& target) {
  const auto found = std::ranges::find(matched.fields, target, &field::target);
  return found == matched.fields.end() ? "body" : found->member;
}

bool wants_object(const field& which) {
  return std::holds_alternative<std::optional<nlohmann::json> operation::input::*>(which.target);
}

bool wants_boolean(const field& which) {
  return std::holds_alternative<std::optional<bool> operation::input::*>(which.target);
}

bool wants_number(const field& which) {
  return std::holds_alternative<std::optional<std::int64_t> operation::input::*>(which.target);
}

decoded unusable_body(std::string message) {
  operation::refused rejection;
  rejection.why = operation::refusal::invalid_input;
  rejection.message = std::move(message);
  return {{}, std::move(rejection)};
}

const field* field_reader::find(std::string_view member) const {
  const auto found = std::ranges::find(route_.fields, member, &field::member);
  return found == route_.fields.end() ? nullptr : &*found;
}

bool field_reader::has(const field& which) const {
  return std::visit([this](auto member) { return (in_.*member).has_value(); }, which.target);
}

void field_reader::store(const field& which, std::string value) {
  if (wants_object(which)) {
    fail(which, "must be an object");
  } else if (wants_boolean(which)) {
    fail(which, "must be true or false");
  } else if (wants_number(which)) {
    fail(which, "must be a whole number");
  } else if (const auto* plain = std::get_if<0>(&which.target)) {
    const bool names_account = *plain == &operation::input::email || *plain == &operation::input::username;
    in_.** plain = names_account ? std::string(trim_spaces(value)) : std::move(value);
  } else {
    in_.*std::get<1>(which.target) = secret(value);
    OPENSSL_cleanse(value.data(), value.size());
  }
}

void field_reader::store(const field& which, nlohmann::json value) {
  if (wants_object(which) && value.is_object()) {
    in_.*std::get<std::optional<nlohmann::json> operation::input::*>(which.target) = std::move(value);
  } else if (wants_boolean(which) && value.is_boolean()) {
    in_.*std::get<std::optional<bool> operation::input::*>(which.target) = value.get<bool>();
  } else if (wants_number(which) && value.is_number_integer()) {
    in_.*std::get<std::optional<std::int64_t> operation::input::*>(which.target) = value.get<std::int64_t>();
  } else if (value.is_string()) {
    store(which, std::move(value.get_ref<std::string&>()));
  } else {
    fail(which, wants_object(which)    ? "must be an object"
                : wants_boolean(which) ? "must be true or false"
                : wants_number(which)  ? "must be a whole number"
                                       : "must be a string");
  }
}

bool field_reader::failed(const field& which) const {
  return std::ranges::find(no_.fields, which.target, &operation::field_error::field) != no_.fields.end();
}

decoded field_reader::finish() && {
  for (const field& each : route_.fields) {
    if (each.required && !has(each) && !failed(each)) fail(each, "is required");
  }
  decoded read{std::move(in_), std::nullopt};
  if (!no_.fields.empty()) read.why = std::move(no_);
  return read;
}

}  // namespace gatehouse::dialect
