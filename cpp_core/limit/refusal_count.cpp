#include "limit/refusal_count.h"

#include <utility>

#include "redis/script.h"

namespace gatehouse::limit {

namespace {

using redis::reply;

// KEYS of all three: when each is due; how many of each; about each
//
// ARGV the bucket's key, about it, the most that are kept
const redis::script note_script(R"lua(
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == false then
  if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return {'full'} end
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
end
if redis.call('HINCRBY', KEYS[2], ARGV[1], 1) == 1 then redis.call('HSET', KEYS[3], ARGV[1], ARGV[2]) end
return {'noted'}
)lua");

// What nothing was added to for a minute is forgotten.
//
// ARGV the most to take, the milliseconds until they are due again
// → taken; of each: its key, about it, how many
const redis::script take_due_script(R"lua(
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)
local answer = {'taken'}
for _, key in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, ARGV[1])) do
  local count = tonumber(redis.call('HGET', KEYS[2], key) or '0')
  if count > 0 then
    redis.call('ZADD', KEYS[1], now + tonumber(ARGV[2]), key)
    answer[#answer + 1] = key
    answer[#answer + 1] = redis.call('HGET', KEYS[3], key) or ''
    answer[#answer + 1] = count
  else
    redis.call('ZREM', KEYS[1], key)
    redis.call('HDEL', KEYS[2], key)
    redis.call('HDEL', KEYS[3], key)
  end
end
return answer
)lua");

// ARGV of each: the bucket's key, how many
const redis::script settle_script(R"lua(
for i = 1, #ARGV, 2 do redis.call('HINCRBY', KEYS[2], ARGV[i], -tonumber(ARGV[i + 1])) end
return {'settled'}
)lua");

constexpr std::size_t most_kept = 10000;
constexpr std::size_t most_at_once = 100;
constexpr millis due_again{60000};

std::string key_of(std::string_view realm, std::string_view what) {
  std::string key = "gatehouse:{";
  return key.append(realm).append("}:refused:").append(what);
}

}  // namespace

refusals::refusals(redis::connection& on, std::string_view realm)
    : redis_(on), due_(key_of(realm, "due")), counts_(key_of(realm, "counts")), abouts_(key_of(realm, "about")) {}

task<status> refusals::note(std::string key, std::string about) {
  std::vector<std::string> args{std::move(key), std::move(about), std::to_string(most_kept)};
  const result<reply> answer = co_await note_script.run(redis_, keys(), std::move(args));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<result<std::vector<refused_attempts>>> refusals::take() {
  std::vector<std::string> args{std::to_string(most_at_once), std::to_string(due_again.count())};
  const result<reply> answer = co_await take_due_script.run(redis_, keys(), std::move(args));
  if (!answer) co_return answer.failure();
  const std::vector<reply>& taken = answer->elements;
  std::vector<refused_attempts> due;
  for (std::size_t i = 1; i + 2 < taken.size(); i += 3) {
    refused_attempts one;
    one.key = taken[i].text;
    one.about = taken[i + 1].text;
    one.count = taken[i + 2].integer;
    due.push_back(std::move(one));
  }
  co_return due;
}

task<status> refusals::settle(std::vector<refused_attempts> recorded) {
  std::vector<std::string> args;
  for (refused_attempts& each : recorded) {
    args.push_back(std::move(each.key));
    args.push_back(std::to_string(each.count));
  }
  const result<reply> answer = co_await settle_script.run(redis_, keys(), std::move(args));
  if (!answer) co_return answer.failure();
  co_return done{};
}

}  // namespace gatehouse::limit
