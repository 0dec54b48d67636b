// A JSON:API envelope as the body of a request, {"data":{"type":"users","attributes":{…}}}, read by the route's field
// table. What is wrong with it is said as Fastify says it, which is what the clients of `jsonapi` know: the refusal's
// message is the whole of it, and no field is named.
#pragma once

#include <string_view>

#include "dialect/dialect.h"

namespace gatehouse::dialect {

enum class envelope {
  required,
  optional,  // the attributes may be the body itself
};

// Attributes that the table does not name are ignored. One that is sent empty and not required is absent.
decoded decode_jsonapi(const route& matched, envelope wanted, std::string_view content_type, std::string_view body);

// Where the attributes are, in a message of decode_jsonapi(), or in one about what an operation has found wrong.
std::string_view place_of_attributes(envelope wanted);

// The `code` that goes with a message of decode_jsonapi(), or with that of an operation about what was typed; empty:
// it has none.
std::string_view fastify_code(std::string_view message);

}  // namespace gatehouse::dialect
