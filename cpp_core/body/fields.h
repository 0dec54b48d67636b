// From the members of a body, however it is written, to the input of an operation, by the route's field table.
#pragma once

#include <string>
#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

// Whether a Content-Type is this media type (lower case), with any parameters.
bool is_media_type(std::string_view content_type, std::string_view media_type);

// What the route calls a field; "body" if it has none such.
std::string_view member_name(const route& matched, const operation::field_id& target);

// Of the fields that come as JSON: those that are neither are strings.
bool wants_object(const field& which);
bool wants_boolean(const field& which);
bool wants_number(const field& which);

// What no field is to blame for.
decoded unusable_body(std::string message);

class field_reader {
 public:
  explicit field_reader(const route& matched) : route_(matched) { no_.why = operation::refusal::invalid_input; }

  const field* find(std::string_view member) const;  // null: the table does not have it
  bool has(const field& which) const;
  // Spaces around an e-mail or username are not part of it. What is copied into a secret is wiped here.
  void store(const field& which, std::string value);
  void store(const field& which, nlohmann::json value);  // fails unless it is of the type that the field wants
  void fail(const field& which, std::string reason) { no_.fields.push_back({which.target, std::move(reason)}); }

  // Refused if a field failed or one that is required is missing.
  decoded finish() &&;

 private:
  bool failed(const field& which) const;

  const route& route_;
  operation::input in_;
  operation::refused no_;
};

}  // namespace gatehouse::dialect
