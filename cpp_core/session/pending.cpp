#include "session/pending.h"

#include <utility>
#include <vector>

#include "session/feed_entry.h"
#include "session/scripts.h"

namespace gatehouse::session {

namespace {

using redis::reply;

std::optional<std::string> text_of(reply answer) {
  if (answer.is(reply::type::nil)) return std::nullopt;
  return std::move(answer.text);
}

}  // namespace

pending::pending(redis::connection& on, const std::string& realm)
    : redis_(on), prefix_(key_prefix(realm) + "pending:"), used_prefix_(key_prefix(realm) + "used:") {}

task<status> pending::begin(std::string hash, std::string about) {
  std::vector<std::string> keys{prefix_ + hash};
  std::vector<std::string> args{std::move(about), std::to_string(lifetime.count())};
  const result<reply> answer = co_await scripts::begin_pending.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<result<std::optional<std::string>>> pending::look(std::string hash) {
  std::vector<std::string> keys{prefix_ + hash};
  std::vector<std::string> args;
  result<reply> answer = co_await scripts::look_at_pending.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  co_return text_of(std::move(*answer));
}

task<result<std::optional<std::string>>> pending::attempt(std::string hash) {
  std::vector<std::string> keys{prefix_ + hash};
  std::vector<std::string> args{std::to_string(most_tries)};
  result<reply> answer = co_await scripts::try_pending.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  co_return text_of(std::move(*answer));
}

task<result<bool>> pending::take(std::string hash) {
  std::vector<std::string> del{"DEL", prefix_ + hash};
  const result<reply> answer = co_await redis_.command(std::move(del));
  if (!answer) co_return answer.failure();
  co_return answer->integer == 1;
}

task<result<bool>> pending::use_once(std::string hash, seconds memory) {
  std::vector<std::string> set{"SET", used_prefix_ + hash, "1", "NX", "EX", std::to_string(memory.count())};
  const result<reply> answer = co_await redis_.command(std::move(set));
  if (!answer) co_return answer.failure();
  co_return !answer->is(reply::type::nil);
}

}  // namespace gatehouse::session
