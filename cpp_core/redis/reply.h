// An answer of Redis, owned: hiredis frees its own when the callback returns.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

struct redisReply;

namespace gatehouse::redis {

struct reply {
  enum class type { nil, status, string, integer, array, error };

  type kind = type::nil;
  std::string text;  // of status, string and error
  std::int64_t integer = 0;
  std::vector<reply> elements;

  bool is(type wanted) const { return kind == wanted; }
};

reply copy_reply(const redisReply& from);

}  // namespace gatehouse::redis
