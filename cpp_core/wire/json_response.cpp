#include "wire/json_response.h"

namespace gatehouse::dialect {

response json_response(int status, const nlohmann::ordered_json& body) {
  response answer;
  answer.status = status;
  answer.add_header("Content-Type", "application/json");
  answer.body = body.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return answer;
}

}  // namespace gatehouse::dialect
