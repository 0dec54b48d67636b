#include "redis/reply.h"

#include <hiredis/hiredis.h>

namespace gatehouse::redis {

reply copy_reply(const redisReply& from) {
  reply to;
  switch (from.type) {
    case REDIS_REPLY_STRING:
      to.kind = reply::type::string;
      break;
    case REDIS_REPLY_STATUS:
      to.kind = reply::type::status;
      break;
    case REDIS_REPLY_ERROR:
      to.kind = reply::type::error;
      break;
    case REDIS_REPLY_INTEGER:
      to.kind = reply::type::integer;
      to.integer = from.integer;
      break;
    case REDIS_REPLY_ARRAY:
      to.kind = reply::type::array;
      break;
    default:  // nil; we never ask for RESP3, which has more
      break;
  }
  if (from.str != nullptr) to.text.assign(from.str, from.len);
  if (to.is(reply::type::array)) {
    to.elements.reserve(from.elements);
    for (std::size_t i = 0; i < from.elements; ++i) to.elements.push_back(copy_reply(*from.element[i]));
  }
  return to;
}

}  // namespace gatehouse::redis
