// The scripts of a hand-over between hosts.
#include "session/script_prelude.h"
#include "session/scripts.h"

namespace gatehouse::session::scripts {

// KEYS session, code
// ARGV sid, user, client, origin, challenge, lifetime
// → offered | absent | wrong_client
const redis::script offer = with_prelude(R"lua(
local sid, user, client, origin, challenge, lifetime = unpack(ARGV)
local session, code = unpack(KEYS)
local now = clock()
local owner, opened_by, expiry = unpack(redis.call('HMGET', session, 'user', 'client', 'exp'))
if not owner or owner ~= user or tonumber(expiry) <= now then return {'absent'} end
if opened_by ~= client then return {'wrong_client'} end
redis.call('HSET', code, 'sid', sid, 'user', user, 'origin', origin, 'challenge', challenge)
redis.call('EXPIRE', code, lifetime)
return {'offered'}
)lua");

// KEYS code, feed
// ARGV prefix of session keys, prefix of the lists of sessions, origin, challenge, host, new seat, idle, absolute, kid,
//      matters, access, most seats
// → taken + head, then the sid | absent | theft, time, until when that matters, sid, user
const redis::script take = with_prelude(R"lua(
local prefix, lists, origin, challenge, host, seat, idle, absolute, kid, matters, access, most = unpack(ARGV)
local code, feed = unpack(KEYS)
local now = clock()
local sid, user, for_origin, wanted, taken = unpack(redis.call('HMGET', code, 'sid', 'user', 'origin', 'challenge',
                                                               'taken'))
if not sid then return {'absent'} end
local session, sessions = prefix .. sid, lists .. user
if taken then
  local _, last = kill(session, sessions, sid, feed, now, tonumber(matters))
  return {'theft', now, last, sid, user}
end
-- Whoever has guessed wrong has no second guess. It is kept, to be known again.
redis.call('HSET', code, 'taken', 1)
if for_origin ~= origin or wanted ~= challenge then return {'absent'} end
local login = read_session(session, '')
if not login or tonumber(login.exp) <= now then return {'absent'} end
local last = login.created + absolute
if last <= now then return {'absent'} end

-- Several tabs that come in together share a seat: whichever cookies the browser keeps are good. Else the host's seat
-- before is worth nothing any more.
local before = redis.call('HGET', session, 'host:' .. host)
local it = before and read_session(session, before)
if not it or it.chain.gen ~= '1' or it.chain.since + 60 <= now then
  if before then redis.call('HDEL', session, 'seat:' .. before) end
  local expiry, since = written(math.min(now + idle, last)), written(now)
  it = login
  it.own_exp = it.own_exp or it.exp
  it.seat, it.exp = seat, expiry
  it.chain = {gen = '1', kid = kid, iat = since, exp = expiry, rotated = '0', since = since, host = host}
  redis.call('HSET', session, 'exp', expiry, 'host:' .. host, seat, pack_chain(it))
  live_until(session, sessions, sid, expiry, now)
  local seats, oldest, oldest_chain = 0, nil, nil
  for _, field in ipairs(redis.call('HKEYS', session)) do
    local other = string.match(field, '^seat:(.*)$')
    if other then
      local its = unpack_chain(redis.call('HGET', session, field))
      seats = seats + 1
      if other ~= seat and (not oldest or tonumber(its.iat) < tonumber(oldest_chain.iat)) then
        oldest, oldest_chain = other, its
      end
    end
  end
  if seats > tonumber(most) then redis.call('HDEL', session, 'seat:' .. oldest, 'host:' .. oldest_chain.host) end
end
redis.call('HSET', session, 'seen', now, 'tokens', granted(it, now, access))
local head = answer('taken', it, now)
head[#head + 1] = sid
return head
)lua");

}  // namespace gatehouse::session::scripts
