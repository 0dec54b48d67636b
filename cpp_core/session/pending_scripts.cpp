// The scripts of what is pending: a hash with `about` and `tries`.
#include "session/scripts.h"

namespace gatehouse::session::scripts {

// KEYS pending
// ARGV about, lifetime
const redis::script begin_pending(R"lua(
redis.call('HSET', KEYS[1], 'about', ARGV[1], 'tries', 0)
redis.call('EXPIRE', KEYS[1], ARGV[2])
return 'begun'
)lua");

// KEYS pending
// → about | nil
const redis::script look_at_pending(R"lua(
return redis.call('HGET', KEYS[1], 'about')
)lua");

// KEYS pending
// ARGV most tries
// → about | nil
const redis::script try_pending(R"lua(
local about = redis.call('HGET', KEYS[1], 'about')
if about and redis.call('HINCRBY', KEYS[1], 'tries', 1) > tonumber(ARGV[1]) then
  redis.call('DEL', KEYS[1])
  return false
end
return about
)lua");

}  // namespace gatehouse::session::scripts
