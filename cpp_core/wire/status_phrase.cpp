#include "wire/status_phrase.h"

#include <algorithm>
#include <array>

namespace gatehouse::dialect {

namespace {

struct phrase {
  int status;
  std::string_view text;
};

constexpr std::array phrases{
    phrase{200, "OK"},
    phrase{201, "Created"},
    phrase{202, "Accepted"},
    phrase{204, "No Content"},
    phrase{400, "Bad Request"},
    phrase{401, "Unauthorized"},
    phrase{403, "Forbidden"},
    phrase{404, "Not Found"},
    phrase{405, "Method Not Allowed"},
    phrase{408, "Request Timeout"},
    phrase{409, "Conflict"},
    phrase{411, "Length Required"},
    phrase{413, "Payload Too Large"},
    phrase{414, "URI Too Long"},
    phrase{415, "Unsupported Media Type"},
    phrase{422, "Unprocessable Entity"},
    phrase{429, "Too Many Requests"},
    phrase{431, "Request Header Fields Too Large"},
    phrase{500, "Internal Server Error"},
    phrase{501, "Not Implemented"},
    phrase{503, "Service Unavailable"},
};

}  // namespace

std::string_view status_phrase(int status) {
  const auto* found = std::ranges::find(phrases, status, &phrase::status);
  if (found != phrases.end()) return found->text;
  return status_phrase(status < 400 ? 200 : status < 500 ? 400 : 500);
}

}  // namespace gatehouse::dialect
