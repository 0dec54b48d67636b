// The session store's part in a hand-over between hosts.
#include "base/random.h"
#include "session/answers.h"
#include "session/feed_entry.h"
#include "session/scripts.h"
#include "session/store.h"

namespace gatehouse::session {

namespace {

constexpr std::size_t most_seats = 200;
constexpr std::size_t seat_bytes = 9;
constexpr seconds code_lifetime{60};

std::string digits(std::int64_t number) { return std::to_string(number); }

}  // namespace

task<result<std::optional<refusal>>> store::offer(hand_over with) {
  std::vector<std::string> keys{session_key(with.sid), code_key(with.code_hash)};
  std::vector<std::string> args{with.sid,    with.user_id,   with.client,
                                with.origin, with.challenge, digits(code_lifetime.count())};
  const result<redis::reply> answer = co_await scripts::offer.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "absent") co_return std::optional<refusal>(refusal::absent);
  if (outcome == "wrong_client") co_return std::optional<refusal>(refusal::wrong_client);
  if (outcome != "offered") co_return unexpected("offer");
  co_return std::optional<refusal>();
}

task<result<arrived>> store::take(arrival with) {
  std::vector<std::string> keys{code_key(with.code_hash), feed_key(realm_)};
  std::vector<std::string> args{session_key(""),
                                sessions_key(""),
                                with.origin,
                                with.challenge,
                                with.host,
                                random_base64url(seat_bytes),
                                digits(with.lifetimes.idle.count()),
                                digits(with.lifetimes.absolute.count()),
                                with.key_id,
                                digits(matters_.count()),
                                digits(with.lifetimes.access.count()),
                                digits(most_seats)};
  const result<redis::reply> answer = co_await scripts::take.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::vector<redis::reply>& at = answer->elements;
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "absent") co_return arrived(refusal::absent);
  if (outcome == "theft" && at.size() == 5) {
    apply(session_mark(realm_, at[3].text), at[1].integer, at[2].integer);
    const result<done> stored = co_await replicated();
    if (!stored) co_return stored.failure();
    taken_twice ended;
    ended.sid = at[3].text;
    ended.user_id = at[4].text;
    co_return arrived(std::move(ended));
  }
  if (outcome != "taken" || at.size() != head_size + 1) co_return unexpected("take");
  result<head> head = decode_head(*answer, at[head_size].text);
  if (!head) co_return head.failure();
  result<std::optional<session::head>> known = co_await up_to_date(std::move(*head));
  if (!known) co_return known.failure();
  if (!known->has_value()) co_return arrived(refusal::absent);
  co_return arrived(std::move(**known));
}

}  // namespace gatehouse::session
