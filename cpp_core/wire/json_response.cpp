#include "wire/json_response.h"

namespace gatehouse::dialect {

response json_response(int status, const nlohmann::ordered_json& body) {
  response made;
  made.status = status;
  made.add_header("Content-Type", "application/json");
  made.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return made;
}

}  // namespace gatehouse::dialect
