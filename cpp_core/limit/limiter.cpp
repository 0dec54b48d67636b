#include "limit/limiter.h"

#include <algorithm>
#include <utility>

#include "base/base64url.h"
#include "base/sha256.h"
#include "redis/script.h"

namespace gatehouse::limit {

namespace {

using redis::reply;

// A bucket is a hash: used, how many attempts; began, the milliseconds that its window is known by. Redis is the clock.
//
// KEYS the buckets, then the keys that exempt from some of them
// ARGV how many buckets; for each its count, its window in ms, which of KEYS exempts from it (0: none)
// → taken | refused; of the tightest bucket: which (0: none binds), what remained, ms until it ends; if taken, the
// window
//   of each bucket
const redis::script take_script(R"lua(
local buckets = tonumber(ARGV[1])
local tightest, remaining, ends = 0, 0, 0
for i = 1, buckets do
  local count, window, exemption = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i]), tonumber(ARGV[3 * i + 1])
  if exemption == 0 or redis.call('EXISTS', KEYS[exemption]) == 0 then
    local left = math.max(0, count - tonumber(redis.call('HGET', KEYS[i], 'used') or '0'))
    local time = redis.call('PTTL', KEYS[i])
    if time < 0 then time = window end
    if tightest == 0 or left < remaining or (left == remaining and time > ends) then
      tightest, remaining, ends = i, left, time
    end
  end
end
if tightest > 0 and remaining == 0 then return {'refused', tightest, remaining, ends} end

local clock = redis.call('TIME')
local now = string.format('%.0f', tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000))
local answer = {'taken', tightest, remaining, ends}
for i = 1, buckets do
  if redis.call('HINCRBY', KEYS[i], 'used', 1) == 1 then
    redis.call('HSET', KEYS[i], 'began', now)
    redis.call('PEXPIRE', KEYS[i], ARGV[3 * i])
  end
  answer[#answer + 1] = redis.call('HGET', KEYS[i], 'began')
end
return answer
)lua");

// KEYS the buckets
// ARGV the window of each
const redis::script give_back_script(R"lua(
for i, bucket in ipairs(KEYS) do
  if redis.call('HGET', bucket, 'began') == ARGV[i] and redis.call('HINCRBY', bucket, 'used', -1) <= 0 then
    redis.call('DEL', bucket)
  end
end
return {'given_back'}
)lua");

constexpr std::size_t before_windows = 4;

error unexpected() {
  return {
      fault::internal,
      "redis: the script that counts attempts gave an answer of a wrong shape; another version of Gatehouse may use "
      "the same keys"};
}

seconds rounded_up(std::int64_t milliseconds) {
  return seconds(std::max<std::int64_t>(1, (milliseconds + 999) / 1000));
}

result<verdict> decode(const reply& answer, const std::vector<bucket>& asked) {
  const std::vector<reply>& at = answer.elements;
  if (at.size() < before_windows) return unexpected();
  verdict judged;
  judged.admitted = at[0].text == "taken";
  const bool whole = judged.admitted ? at.size() == before_windows + asked.size() : at[0].text == "refused";
  const auto tightest = static_cast<std::size_t>(at[1].integer);
  if (!whole || tightest > asked.size()) return unexpected();

  if (tightest > 0) {
    judged.tightest = asked[tightest - 1].key;
    judged.limit = asked[tightest - 1].allowed.count;
    judged.remaining = static_cast<std::uint32_t>(at[2].integer - (judged.admitted ? 1 : 0));
    judged.reset = rounded_up(at[3].integer);
  }
  for (std::size_t i = before_windows; i < at.size(); ++i) {
    judged.counted.keys.push_back(asked[i - before_windows].key);
    judged.counted.windows.push_back(at[i].text);
  }
  return judged;
}

}  // namespace

limiter::limiter(redis::connection& on, std::string_view realm)
    : redis_(on), prefix_("gatehouse:{" + std::string(realm) + "}:limit:") {}

std::string limiter::key(std::string_view what, std::initializer_list<std::string_view> whose) const {
  constexpr std::size_t hashed_bytes = 16;
  std::string parts;
  for (const std::string_view each : whose) parts.append(std::to_string(each.size())).append(":").append(each);
  const sha256_digest digest = sha256_hasher()(prefix_ + parts);
  const std::string_view bytes(reinterpret_cast<const char*>(digest.data()), hashed_bytes);
  return prefix_ + std::string(what) + ":" + base64url_encode(bytes);
}

task<result<verdict>> limiter::take(std::vector<bucket> from) {
  std::erase_if(from, [](const bucket& each) { return each.allowed.off(); });
  if (from.empty()) co_return verdict();

  std::vector<std::string> keys;
  std::vector<std::string> args{std::to_string(from.size())};
  for (const bucket& each : from) keys.push_back(each.key);
  for (const bucket& each : from) {
    args.push_back(std::to_string(each.allowed.count));
    args.push_back(std::to_string(millis(each.allowed.window).count()));
    if (!each.exempt_if.empty()) keys.push_back(each.exempt_if);
    args.push_back(std::to_string(each.exempt_if.empty() ? 0 : keys.size()));
  }
  const result<reply> answer = co_await take_script.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  co_return decode(*answer, from);
}

task<status> limiter::give_back(receipt counted) {
  if (counted.keys.empty()) co_return done{};
  const result<reply> answer =
      co_await give_back_script.run(redis_, std::move(counted.keys), std::move(counted.windows));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<status> limiter::remember(std::string key, seconds how_long, std::string value) {
  std::vector<std::string> set{"SET", std::move(key), std::move(value), "EX", std::to_string(how_long.count())};
  const result<reply> answer = co_await redis_.command(std::move(set));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<result<std::string>> limiter::recall(std::string key) {
  std::vector<std::string> get{"GET", std::move(key)};
  result<reply> answer = co_await redis_.command(std::move(get));
  if (!answer) co_return answer.failure();
  co_return std::move(answer->text);
}

}  // namespace gatehouse::limit
