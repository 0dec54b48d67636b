#include "wire/json_response.h"

#include "base/json_text.h"

namespace gatehouse::dialect {

response json_response(int status, const nlohmann::ordered_json& body) {
  response answer;
  answer.status = status;
  answer.add_header("Content-Type", "application/json");
  answer.body = json_text(body, bad_utf8::replace);
  return answer;
}

}  // namespace gatehouse::dialect
