#include "session/script_prelude.h"

#include <string>

#include "session/feed_entry.h"

namespace gatehouse::session::scripts {

namespace {

// What the scripts share. Each answers with an array of strings and integers, the outcome's name first.
constexpr const char* prelude = R"lua(
-- Seconds and milliseconds.
local function clock()
  local time = redis.call('TIME')
  local seconds = tonumber(time[1])
  return seconds, seconds * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- A chain of generations: of the login itself in fields of its own, of a seat in one: generation, iat, exp, when it
-- was rotated and since when it is there, its host, its key. nil: there is none.
local function read_chain(session, seat)
  if seat == '' then
    local gen, kid, iat, exp, rotated, own = unpack(redis.call('HMGET', session, 'gen', 'kid', 'iat', 'exp', 'rotated',
                                                               'own_exp'))
    if not gen then return nil end
    return {gen = tonumber(gen), kid = kid, iat = iat, exp = own or exp, rotated = tonumber(rotated), host = ''}
  end
  local packed = redis.call('HGET', session, 'seat:' .. seat)
  if not packed then return nil end
  local gen, iat, exp, rotated, since, host, kid = string.match(packed, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$')
  return {gen = tonumber(gen), kid = kid, iat = iat, exp = exp, rotated = tonumber(rotated), since = tonumber(since),
          host = host}
end

-- `expiry` is the session's as well: whoever is busy at one host is not logged out at another.
local function write_chain(session, seat, chain, expiry)
  if seat == '' then
    redis.call('HSET', session, 'gen', chain.gen, 'kid', chain.kid, 'iat', chain.iat, 'exp', expiry, 'rotated',
               string.format('%.0f', chain.rotated))
    redis.call('HDEL', session, 'own_exp')
    return
  end
  local before = redis.call('HGET', session, 'exp')
  redis.call('HSETNX', session, 'own_exp', before)
  redis.call('HSET', session, 'exp', expiry, 'seat:' .. seat,
             string.format('%d %d %d %.0f %d %s %s', chain.gen, chain.iat, chain.exp, chain.rotated, chain.since,
                           chain.host, chain.kid))
end

-- The outcome, the time, and all that a token needs.
local function answer(outcome, session, now, seat)
  local fields = redis.call('HMGET', session, 'user', 'gen', 'kid', 'iat', 'exp', 'av', 'json', 'client', 'policy',
                            'auth_time', 'created', 'amr', 'persistent')
  local chain = read_chain(session, seat)
  fields[2], fields[3], fields[4], fields[5] = tostring(chain.gen), chain.kid, chain.iat, chain.exp
  fields[14], fields[15] = seat, chain.host
  return {outcome, now, unpack(fields)}
end

-- A row of a list of sessions, but for the sid.
local function describe(session)
  return redis.call('HMGET', session, 'client', 'created', 'seen', 'exp', 'address', 'agent', 'user')
end

-- The session remembers until when the longest-lived of its access tokens may be used: nodes may differ in
-- access_lifetime, and today's may be shorter than yesterday's.
local function grant(session, now, access)
  local known, expiry = unpack(redis.call('HMGET', session, 'tokens', 'exp'))
  local last = math.min(now + tonumber(access), tonumber(expiry))
  if tonumber(known or '0') < last then redis.call('HSET', session, 'tokens', last) end
end

-- Until when its end matters. `matters`: how many seconds it does by what this node knows.
local function last_use(session, now, matters)
  return math.max(now + matters, tonumber(redis.call('HGET', session, 'tokens') or '0') + margin)
end

-- Appends to the feed, and forgets some of what matters to nobody any more.
local function tell(feed, now, matters, last, ...)
  local first
  for _, entry in ipairs(redis.call('XRANGE', feed, '-', '+', 'COUNT', 16)) do
    first = entry[1]
    local ends = entry[2][1] == 'until' and tonumber(entry[2][2])  -- else it is of a newer Gatehouse
    if (ends or tonumber(string.match(first, '^%d+')) / 1000 + matters) > now then break end
  end
  if first then redis.call('XTRIM', feed, 'MINID', first) end
  redis.call('XADD', feed, '*', 'until', string.format('%.0f', last), ...)
end

local function drop(session, sessions, sid)
  local alias = redis.call('HGET', session, 'alias')
  if alias then redis.call('DEL', alias) end
  redis.call('DEL', session)
  redis.call('ZREM', sessions, sid)
end

local function kill(session, sessions, sid, feed, now, matters)
  local mark = redis.call('HGET', session, 'mark')
  local last = last_use(session, now, matters)
  drop(session, sessions, sid)
  if mark then tell(feed, now, matters, last, 'session', mark) end
  return mark, last
end

-- Both the hash and the list of the user's sids live as long as they can matter.
local function live_until(session, sessions, sid, expiry)
  redis.call('EXPIREAT', session, expiry)
  redis.call('ZADD', sessions, expiry, sid)
  local last = redis.call('ZREVRANGE', sessions, 0, 0, 'WITHSCORES')
  redis.call('EXPIREAT', sessions, last[2])
end
)lua";

}  // namespace

redis::script with_prelude(const char* source) {
  const std::string margin = "local margin = " + std::to_string(feed_margin.count()) + "\n";
  return redis::script(margin + prelude + source);
}

}  // namespace gatehouse::session::scripts
