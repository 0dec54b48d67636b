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

-- Redis writes a number that it is given by way of 17 digits, which costs as much as a command.
local function written(number)
  return string.format('%d', number)
end

-- A chain of generations: of the login itself in fields of its own, of a seat in one: generation, iat, exp, when it
-- was rotated and since when it is there, its host, its key.
local function unpack_chain(packed)
  local gen, iat, exp, rotated, since, host, kid = string.match(packed, '^(%d+) (%d+) (%d+) (%d+) (%d+) (%S+) (.*)$')
  return {gen = gen, kid = kid, iat = iat, exp = exp, rotated = rotated, since = since, host = host}
end

-- All that a rotation and a token need, in one call, texts as they are stored, with the chain of `seat`. nil: there is
-- no such session, or no such seat in it.
local function read_session(session, seat)
  local user, client, policy, created, exp, av, json, auth_time, amr, persistent, tokens, gen, kid, iat, rotated, own,
    packed = unpack(redis.call('HMGET', session, 'user', 'client', 'policy', 'created', 'exp', 'av', 'json',
                               'auth_time', 'amr', 'persistent', 'tokens', 'gen', 'kid', 'iat', 'rotated', 'own_exp',
                               'seat:' .. seat))
  if not user then return nil end
  local chain
  if seat == '' then
    chain = {gen = gen, kid = kid, iat = iat, exp = own or exp, rotated = rotated, host = ''}
  elseif packed then
    chain = unpack_chain(packed)
  else
    return nil
  end
  return {user = user, client = client, policy = policy, created = created, exp = exp, av = av, json = json,
          auth_time = auth_time, amr = amr, persistent = persistent, tokens = tokens, own_exp = own, seat = seat,
          chain = chain}
end

-- What of the hash a chain is in. With its expiry, which is the session's as well: whoever is busy at one host is not
-- logged out at another.
local function pack_chain(it)
  local chain = it.chain
  if it.seat == '' then return 'gen', chain.gen, 'kid', chain.kid, 'iat', chain.iat, 'rotated', chain.rotated end
  return 'own_exp', it.own_exp, 'seat:' .. it.seat, table.concat({chain.gen, chain.iat, chain.exp, chain.rotated,
                                                                  chain.since, chain.host, chain.kid}, ' ')
end

-- The outcome, the time, and all that a token needs.
local function answer(outcome, it, now)
  local chain = it.chain
  return {outcome, now, it.user, chain.gen, chain.kid, chain.iat, chain.exp, it.av, it.json, it.client, it.policy,
          it.auth_time, it.created, it.amr, it.persistent, it.seat, chain.host}
end

-- A row of a list of sessions, but for the sid.
local function describe(session)
  return redis.call('HMGET', session, 'client', 'created', 'seen', 'exp', 'address', 'agent', 'user')
end

-- Until when the longest-lived of its access tokens may be used, which the session remembers as `tokens`: nodes may
-- differ in access_lifetime, and today's may be shorter than yesterday's.
local function granted(it, now, access)
  return written(math.max(math.min(now + access, it.exp), it.tokens or 0))
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
  redis.call('XADD', feed, '*', 'until', written(last), ...)
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
local function live_until(session, sessions, sid, expiry, now)
  redis.call('EXPIREAT', session, expiry)
  redis.call('ZADD', sessions, expiry, sid)
  if redis.call('TTL', sessions) < expiry - now then redis.call('EXPIREAT', sessions, expiry) end
end
)lua";

}  // namespace

redis::script with_prelude(const char* source) {
  const std::string margin = "local margin = " + std::to_string(feed_margin.count()) + "\n";
  return redis::script(margin + prelude + source);
}

}  // namespace gatehouse::session::scripts
