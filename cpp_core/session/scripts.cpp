#include "session/scripts.h"

#include "session/script_prelude.h"

namespace gatehouse::session::scripts {

// KEYS session, sessions, least, feed
// ARGV prefix of session keys, sid, mark, user, auth_version, json, client, policy, idle, absolute, address, agent,
// amr,
//      kid, matters, key of the alias or nothing, access, persistent: 1 or 0
// → opened + head, then the mark of each session that had to end for it, and until when that matters | stale
//   | already_open
const redis::script open = with_prelude(R"lua(
local prefix, sid, mark, user, av, json, client, policy = unpack(ARGV, 1, 8)
local idle, absolute, address, agent, amr, kid, matters, alias, access, persistent = unpack(ARGV, 9, 18)
local session, sessions, least, feed = unpack(KEYS)
local now = clock()

if tonumber(av) < tonumber(redis.call('GET', least) or '0') then return {'stale'} end

redis.call('ZREMRANGEBYSCORE', sessions, '-inf', now)
if policy == 'single' then
  for _, other in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
    if redis.call('HGET', prefix .. other, 'client') == client then return {'already_open'} end
  end
end
local ended = {}
while redis.call('ZCARD', sessions) >= 100 do
  local oldest = redis.call('ZRANGE', sessions, 0, 0)[1]
  local killed, last = kill(prefix .. oldest, sessions, oldest, feed, now, tonumber(matters))
  if killed then
    ended[#ended + 1] = killed
    ended[#ended + 1] = last
  end
end

local expiry = now + math.min(idle, absolute)
redis.call('HSET', session, 'mark', mark, 'user', user, 'av', av, 'json', json, 'client', client, 'policy', policy,
           'gen', 1, 'kid', kid, 'iat', now, 'exp', expiry, 'rotated', 0, 'created', now, 'auth_time', now,
           'seen', now, 'address', address, 'agent', agent, 'amr', amr, 'persistent', persistent,
           'tokens', granted({exp = expiry}, now, access))
live_until(session, sessions, sid, written(expiry), now)
if alias ~= '' then
  redis.call('HSET', session, 'alias', alias)
  redis.call('SET', alias, sid, 'EXAT', expiry)
end
local head = answer('opened', read_session(session, ''), now)
for _, each in ipairs(ended) do head[#head + 1] = each end
return head
)lua");

// KEYS session, sessions, feed
// ARGV sid, user, client, generation, grace, idle, absolute, kid, address, agent, matters, access, seat or nothing
// → rotated + head | absent | wrong_client | theft, time, until when that matters | ended, likewise (past its absolute
//   lifetime)
const redis::script rotate = with_prelude(R"lua(
local sid, user, client, generation, grace, idle, absolute, kid, address, agent, matters, access, seat = unpack(ARGV)
local session, sessions, feed = unpack(KEYS)
local now, now_ms = clock()

local it = read_session(session, seat)
if not it or it.user ~= user or tonumber(it.exp) <= now then return {'absent'} end
if it.client ~= client then return {'wrong_client'} end

local last = it.created + absolute
if last <= now then
  local _, matters_until = kill(session, sessions, sid, feed, now, tonumber(matters))
  return {'ended', now, matters_until}
end

local chain, is_current, rotating = it.chain, generation == it.chain.gen, it.policy == 'rotating'
if is_current and rotating then
  local expiry = written(math.min(now + idle, last))
  if seat ~= '' then it.own_exp = it.own_exp or it.exp end
  it.exp = expiry
  chain.gen, chain.kid, chain.iat, chain.exp, chain.rotated = written(generation + 1), kid, written(now), expiry,
    written(now_ms)
  redis.call('HSET', session, 'exp', expiry, 'seen', chain.iat, 'address', address, 'agent', agent,
             'tokens', granted(it, now, access), pack_chain(it))
  if seat == '' and it.own_exp then redis.call('HDEL', session, 'own_exp') end
  live_until(session, sessions, sid, expiry, now)
  return answer('rotated', it, now)
end
if is_current then
  redis.call('HSET', session, 'seen', now, 'address', address, 'agent', agent, 'tokens', granted(it, now, access))
  return answer('rotated', it, now)
end
if rotating and tonumber(generation) == chain.gen - 1 and now_ms - chain.rotated < grace * 1000 then
  redis.call('HSET', session, 'tokens', granted(it, now, access))
  return answer('rotated', it, now)
end
local _, matters_until = kill(session, sessions, sid, feed, now, tonumber(matters))
return {'theft', now, matters_until}
)lua");

// KEYS alias
// ARGV prefix of session keys, client, absolute, address, agent, access
// → resumed + head, then the sid | absent | wrong_client
const redis::script resume = with_prelude(R"lua(
local prefix, client, absolute, address, agent, access = unpack(ARGV)
local now = clock()
local sid = redis.call('GET', KEYS[1])
if not sid then return {'absent'} end
local session = prefix .. sid
local it = read_session(session, '')
if not it or tonumber(it.exp) <= now or redis.call('HGET', session, 'alias') ~= KEYS[1] then return {'absent'} end
if it.created + absolute <= now then return {'absent'} end
if it.client ~= client then return {'wrong_client'} end
redis.call('HSET', session, 'seen', now, 'address', address, 'agent', agent, 'tokens', granted(it, now, access))
local head = answer('resumed', it, now)
head[#head + 1] = sid
return head
)lua");

// Two raises within a second differ in auth_time nevertheless, for the feed tells the tokens of before by it; but it
// does not run away from the time. KEYS session, feed ARGV user, client, words for amr, host or nothing, access,
// matters, mark → raised + head, then until when the end of the tokens before matters | absent | wrong_client
const redis::script raise = with_prelude(R"lua(
local user, client, words, host, access, matters, mark = unpack(ARGV)
local session, feed = unpack(KEYS)
local now = clock()
local seat = host == '' and '' or redis.call('HGET', session, 'host:' .. host)
local it = seat and read_session(session, seat)
if not it or it.user ~= user or tonumber(it.exp) <= now then return {'absent'} end
if it.client ~= client then return {'wrong_client'} end

local known = ' ' .. it.amr .. ' '
for word in string.gmatch(words, '%S+') do
  if not string.find(known, ' ' .. word .. ' ', 1, true) then known = known .. word .. ' ' end
end
it.amr = string.match(known, '^%s*(.-)%s*$')
it.auth_time = written(math.min(math.max(now, it.auth_time + 1), now + 60))
local last = last_use(session, now, tonumber(matters))
redis.call('HSET', session, 'amr', it.amr, 'auth_time', it.auth_time, 'seen', now, 'tokens', granted(it, now, access))
tell(feed, now, tonumber(matters), last, 'raised', mark, 'least', it.auth_time)
local head = answer('raised', it, now)
head[#head + 1] = last
return head
)lua");

// KEYS session, sessions, feed, told
// ARGV sid, mark, user, matters, client or nothing for any, the highest auth_version that is meant or nothing for any
// → ended, time, until when that matters | absent, likewise | another_users | wrong_client | newer
const redis::script end = with_prelude(R"lua(
local sid, mark, user, matters, client, highest = unpack(ARGV)
local session, sessions, feed, told = unpack(KEYS)
local now = clock()
local owner, opened_by, av = unpack(redis.call('HMGET', session, 'user', 'client', 'av'))
if owner and owner ~= user then return {'another_users'} end
if owner and client ~= '' and opened_by ~= client then return {'wrong_client'} end
if owner and highest ~= '' and tonumber(av) > tonumber(highest) then return {'newer'} end
local last = last_use(session, now, tonumber(matters))
drop(session, sessions, sid)
-- The feed is told also of a session that we have lost, whose tokens live on, but once: whoever sends a dead token again
-- and again fills nothing. `told` holds for how many seconds that entry matters, and lives as long.
if owner or tonumber(redis.call('GET', told) or '0') < tonumber(matters) then
  redis.call('SET', told, matters, 'EX', last - now)
  tell(feed, now, tonumber(matters), last, 'session', mark)
end
return {owner and 'ended' or 'absent', now, last}
)lua");

// KEYS feed
// ARGV of each entry how many words it has, then the words
// → appended
const redis::script append = with_prelude(R"lua(
local at = 1
while ARGV[at] do
  local count = tonumber(ARGV[at])
  redis.call('XADD', KEYS[1], '*', unpack(ARGV, at + 1, at + count))
  at = at + count + 1
end
return {'appended'}
)lua");

// KEYS sessions, feed
// ARGV prefix of session keys, sid to keep, matters, client or nothing for all
// → ended, time, then the sid of each that was, and until when that matters
const redis::script end_every = with_prelude(R"lua(
local prefix, keep, matters, client = unpack(ARGV)
local sessions, feed = unpack(KEYS)
local now = clock()
local ended = {'ended', now}
for _, sid in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
  local meant = sid ~= keep and (client == '' or redis.call('HGET', prefix .. sid, 'client') == client)
  if meant then
    local killed, last = kill(prefix .. sid, sessions, sid, feed, now, tonumber(matters))
    if killed then
      ended[#ended + 1] = sid
      ended[#ended + 1] = last
    end
  end
end
return ended
)lua");

// KEYS sessions, least, feed
// ARGV prefix of session keys, mark of the user, least, kill or expire, sid to keep, its mark, json or nothing, matters
// → changed | unchanged, time
const redis::script end_all = with_prelude(R"lua(
local prefix, mark, least, how, keep, keep_mark, json, matters = unpack(ARGV)
local sessions, least_key, feed = unpack(KEYS)
local now = clock()
local outcome, last = 'unchanged', now + tonumber(matters)

-- As long as the feed's entry matters, so that nobody logs in with what he read of the user before.
if tonumber(redis.call('GET', least_key) or '0') < tonumber(least) then
  redis.call('SET', least_key, least, 'EX', matters)
  outcome = 'changed'
end
for _, sid in ipairs(redis.call('ZRANGE', sessions, 0, -1)) do
  local session = prefix .. sid
  local av = redis.call('HGET', session, 'av')
  if not av then
    redis.call('ZREM', sessions, sid)
  elseif tonumber(av) < tonumber(least) then
    outcome = 'changed'
    last = math.max(last, last_use(session, now, tonumber(matters)))
    if how == 'kill' and sid ~= keep then
      drop(session, sessions, sid)
    else
      redis.call('HSET', session, 'av', least)
      if json ~= '' then redis.call('HSET', session, 'json', json) end
    end
  end
end
if outcome == 'changed' then
  tell(feed, now, tonumber(matters), last, 'user', mark, 'least', least, 'how', how, 'keep', keep_mark)
end
return {outcome, now, last}
)lua");

// KEYS sessions
// ARGV prefix of session keys, auth_version, json
// → replaced
const redis::script replace_user = with_prelude(R"lua(
local prefix, av, json = unpack(ARGV)
for _, sid in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
  local known = redis.call('HGET', prefix .. sid, 'av')
  if known and tonumber(known) <= tonumber(av) then redis.call('HSET', prefix .. sid, 'json', json) end
end
return {'replaced'}
)lua");

// ARGV prefix of session keys, cursor
// → scanned, the next cursor, then an array for each session
const redis::script scan = with_prelude(R"lua(
local prefix, cursor = unpack(ARGV)
local now = clock()
local found = redis.call('SCAN', cursor, 'MATCH', prefix .. '*', 'COUNT', 1000)
local rows = {'scanned', found[1]}
for _, session in ipairs(found[2]) do
  local row = describe(session)
  if row[4] and tonumber(row[4]) > now then rows[#rows + 1] = {string.sub(session, #prefix + 1), unpack(row)} end
end
return rows
)lua");

// ARGV prefix of session keys, cursor
// → counted, the next cursor, then sid, user, auth_version and time of creation of each session
const redis::script count = with_prelude(R"lua(
local prefix, cursor = unpack(ARGV)
local now = clock()
local found = redis.call('SCAN', cursor, 'MATCH', prefix .. '*', 'COUNT', 1000)
local rows = {'counted', found[1]}
for _, session in ipairs(found[2]) do
  local row = redis.call('HMGET', session, 'user', 'av', 'created', 'exp')
  if row[4] and tonumber(row[4]) > now then
    rows[#rows + 1] = {string.sub(session, #prefix + 1), row[1], row[2], row[3]}
  end
end
return rows
)lua");

// KEYS sessions
// ARGV prefix of session keys
// → listed, then an array for each session, the one that lives longest first
const redis::script list = with_prelude(R"lua(
local now = clock()
local rows = {'listed'}
for _, sid in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, -1)) do
  local row = describe(ARGV[1] .. sid)
  if row[4] and tonumber(row[4]) > now then rows[#rows + 1] = {sid, unpack(row)} end
end
return rows
)lua");

// KEYS session
// ARGV access, or nothing if no access token is made from it; seat or nothing
// → found + head | absent
const redis::script read = with_prelude(R"lua(
local now = clock()
local it = read_session(KEYS[1], ARGV[2])
if not it or tonumber(it.exp) <= now then return {'absent'} end
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], 'tokens', granted(it, now, ARGV[1])) end
return answer('found', it, now)
)lua");

}  // namespace gatehouse::session::scripts
