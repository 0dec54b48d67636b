#include "session/store.h"

#include <limits>
#include <utility>

#include "base/uuid.h"
#include "session/answers.h"
#include "session/feed_entry.h"
#include "session/scripts.h"

namespace gatehouse::session {

namespace {

using redis::reply;

constexpr std::size_t longest_user_agent = 256;

std::string text(std::int64_t number) { return std::to_string(number); }
std::string text(seconds time) { return std::to_string(time.count()); }

}  // namespace

store::store(redis::connection& on, std::string realm, seconds longest_access, revocations* table)
    : redis_(on),
      realm_(std::move(realm)),
      prefix_(key_prefix(realm_)),
      matters_(longest_access + feed_margin),
      table_(table) {}

task<result<opened>> store::open(opening with) {
  const std::string sid = new_uuid();
  if (with.user_agent.size() > longest_user_agent) with.user_agent.resize(longest_user_agent);
  std::vector<std::string> keys{session_key(sid), sessions_key(with.user_id), least_key(with.user_id),
                                feed_key(realm_)};
  std::vector<std::string> args{session_key(""),
                                sid,
                                session_mark(realm_, sid).hex(),
                                with.user_id,
                                text(with.auth_version),
                                with.user_json,
                                with.client,
                                std::string(policy_name(with.policy)),
                                text(with.lifetimes.idle),
                                text(with.lifetimes.absolute),
                                with.address,
                                with.user_agent,
                                with.amr,
                                with.key_id,
                                text(matters_),
                                with.alias.empty() ? "" : alias_key(with.alias),
                                text(with.lifetimes.access),
                                with.persistent ? "1" : "0"};
  const result<reply> answer = co_await scripts::open.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "stale") co_return opened(stale_auth_version{});
  if (outcome == "already_open") co_return opened(already_open{});
  if (outcome != "opened") co_return unexpected("open");

  result<head> head = decode_head(*answer, sid);
  if (!head) co_return head.failure();
  if (answer->elements.size() == head_size) co_return opened(std::move(*head));
  for (std::size_t i = head_size; i + 1 < answer->elements.size(); i += 2) {
    const std::optional<mark> ended = parse_mark(answer->elements[i].text);
    if (ended) apply(*ended, head->now, answer->elements[i + 1].integer);
  }
  const result<done> stored = co_await replicated();
  if (!stored) co_return stored.failure();
  co_return opened(std::move(*head));
}

task<result<rotation>> store::rotate(renewal with) {
  if (with.user_agent.size() > longest_user_agent) with.user_agent.resize(longest_user_agent);
  const mark session = session_mark(realm_, with.sid);
  std::vector<std::string> keys{session_key(with.sid), sessions_key(with.user_id), feed_key(realm_)};
  std::vector<std::string> args{with.sid,
                                with.user_id,
                                with.client,
                                text(with.generation),
                                text(with.lifetimes.grace),
                                text(with.lifetimes.idle),
                                text(with.lifetimes.absolute),
                                with.key_id,
                                with.address,
                                with.user_agent,
                                text(matters_),
                                text(with.lifetimes.access),
                                with.seat};
  const result<reply> answer = co_await scripts::rotate.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "absent") co_return rotation(refusal::absent);
  if (outcome == "wrong_client") co_return rotation(refusal::wrong_client);
  if ((outcome == "ended" || outcome == "theft") && answer->elements.size() == 3) {
    apply(session, answer->elements[1].integer, answer->elements[2].integer);
    co_return rotation(outcome == "theft" ? refusal::theft : refusal::absent);
  }
  if (outcome != "rotated") co_return unexpected("rotate");

  result<head> head = decode_head(*answer, with.sid);
  if (!head) co_return head.failure();
  result<std::optional<session::head>> known = co_await up_to_date(std::move(*head));
  if (!known) co_return known.failure();
  if (known->has_value()) co_return rotation(std::move(**known));
  const result<bool> ended = co_await end(with.sid, with.user_id);
  if (!ended) co_return ended.failure();
  co_return rotation(refusal::absent);
}

task<result<rotation>> store::resume(resumption with) {
  if (with.user_agent.size() > longest_user_agent) with.user_agent.resize(longest_user_agent);
  std::vector<std::string> keys{alias_key(with.alias)};
  std::vector<std::string> args{session_key(""), with.client,     text(with.lifetimes.absolute),
                                with.address,    with.user_agent, text(with.lifetimes.access)};
  const result<reply> answer = co_await scripts::resume.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "absent") co_return rotation(refusal::absent);
  if (outcome == "wrong_client") co_return rotation(refusal::wrong_client);
  if (outcome != "resumed" || answer->elements.size() != head_size + 1) co_return unexpected("resume");
  result<head> head = decode_head(*answer, answer->elements[head_size].text);
  if (!head) co_return head.failure();
  result<std::optional<session::head>> known = co_await up_to_date(std::move(*head));
  if (!known) co_return known.failure();
  if (!known->has_value()) co_return rotation(refusal::absent);
  co_return rotation(std::move(**known));
}

task<result<rotation>> store::raise(step_up with) {
  std::vector<std::string> keys{session_key(with.sid), feed_key(realm_)};
  const mark session = session_mark(realm_, with.sid);
  std::vector<std::string> args{with.user_id,   with.client,  with.amr, with.host, text(with.lifetimes.access),
                                text(matters_), session.hex()};
  const result<reply> answer = co_await scripts::raise.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "absent") co_return rotation(refusal::absent);
  if (outcome == "wrong_client") co_return rotation(refusal::wrong_client);
  if (outcome != "raised" || answer->elements.size() != head_size + 1) co_return unexpected("raise");
  result<head> head = decode_head(*answer, with.sid);
  if (!head) co_return head.failure();
  if (table_ != nullptr) {
    revocation told;
    told.kind = revocation::type::session_raised;
    told.subject = session;
    told.least = head->auth_time;
    told.at = head->now;
    told.until = steady_until(answer->elements[head_size].integer, head->now);
    table_->add(told, steady_seconds());
  }
  const result<done> stored = co_await replicated();
  if (!stored) co_return stored.failure();
  co_return rotation(std::move(*head));
}

task<result<bool>> store::end(std::string sid, std::string user_id, std::string client,
                              std::optional<std::int64_t> highest) {
  std::vector<std::string> keys{session_key(sid), sessions_key(user_id), feed_key(realm_), told_key(sid)};
  const mark session = session_mark(realm_, sid);
  std::vector<std::string> args{
      sid, session.hex(), user_id, text(matters_), std::move(client), highest ? text(*highest) : ""};
  const result<reply> answer = co_await scripts::end.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if (outcome == "another_users" || outcome == "wrong_client" || outcome == "newer") co_return false;
  if ((outcome != "ended" && outcome != "absent") || answer->elements.size() != 3) co_return unexpected("end");

  const bool was_there = outcome == "ended";
  apply(session, answer->elements[1].integer, answer->elements[2].integer);
  const result<done> stored = co_await replicated();
  if (!stored) co_return stored.failure();
  co_return was_there;
}

task<result<std::vector<std::string>>> store::end_every(std::string user_id, std::string keep_sid) {
  result<std::vector<std::string>> ended = co_await end_some(std::move(user_id), std::move(keep_sid), "");
  co_return ended;
}

task<result<std::vector<std::string>>> store::end_every_of(std::string user_id, std::string client) {
  result<std::vector<std::string>> ended = co_await end_some(std::move(user_id), "", std::move(client));
  co_return ended;
}

task<result<std::vector<std::string>>> store::end_some(std::string user_id, std::string keep_sid, std::string client) {
  std::vector<std::string> keys{sessions_key(user_id), feed_key(realm_)};
  std::vector<std::string> args{session_key(""), std::move(keep_sid), text(matters_), std::move(client)};
  const result<reply> answer = co_await scripts::end_every.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  if (outcome_of(*answer) != "ended" || answer->elements.size() < 2) co_return unexpected("end_every");

  std::vector<std::string> ended;
  for (std::size_t i = 2; i + 1 < answer->elements.size(); i += 2) {
    ended.push_back(answer->elements[i].text);
    apply(session_mark(realm_, ended.back()), answer->elements[1].integer, answer->elements[i + 1].integer);
  }
  const result<done> stored = co_await replicated();
  if (!stored) co_return stored.failure();
  co_return ended;
}

task<result<done>> store::end_all(change with) {
  revocation told;
  told.kind = with.how == ending::kill ? revocation::type::user_kill : revocation::type::user_expire;
  told.subject = user_mark(realm_, with.user_id);
  told.least = with.least;
  if (!with.keep_sid.empty()) told.keep = session_mark(realm_, with.keep_sid);

  std::vector<std::string> keys{sessions_key(with.user_id), least_key(with.user_id), feed_key(realm_)};
  std::vector<std::string> args{
      session_key(""), told.subject.hex(), text(with.least), with.how == ending::kill ? "kill" : "expire",
      with.keep_sid,   told.keep.hex(),    with.user_json,   text(matters_)};
  const result<reply> answer = co_await scripts::end_all.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  const std::string_view outcome = outcome_of(*answer);
  if ((outcome != "changed" && outcome != "unchanged") || answer->elements.size() != 3) co_return unexpected("end_all");

  told.at = answer->elements[1].integer;
  told.until = steady_until(answer->elements[2].integer, told.at);
  if (table_ != nullptr) table_->add(told, steady_seconds());
  co_return co_await replicated();
}

task<result<done>> store::replace_user(std::string user_id, std::int64_t auth_version, std::string user_json) {
  std::vector<std::string> keys{sessions_key(user_id)};
  std::vector<std::string> args{session_key(""), text(auth_version), std::move(user_json)};
  const result<reply> answer = co_await scripts::replace_user.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<result<std::vector<listed>>> store::list(std::string user_id) {
  std::vector<std::string> keys{sessions_key(user_id)};
  std::vector<std::string> args{session_key("")};
  const result<reply> answer = co_await scripts::list.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  if (outcome_of(*answer) != "listed") co_return unexpected("list");
  co_return decode_rows(*answer, 1);
}

task<result<std::optional<head>>> store::read(std::string sid, std::optional<seconds> access, std::string seat) {
  std::string lifetime = access ? text(*access) : "";
  result<std::optional<head>> found = co_await read_as_it_is(std::move(sid), std::move(lifetime), std::move(seat));
  if (!found || !found->has_value()) co_return found;
  result<std::optional<head>> known = co_await up_to_date(std::move(**found));
  co_return known;
}

// After a failover Redis may not know what this node has seen. But it may also have answered just before the change,
// and we have heard of that first: then it knows by now.
task<result<std::optional<head>>> store::up_to_date(head answered) {
  if (!forgotten(answered)) co_return std::optional<head>(std::move(answered));
  result<std::optional<head>> again = co_await read_as_it_is(answered.sid, "", answered.seat);
  if (again && again->has_value() && forgotten(**again)) co_return std::optional<head>();
  co_return again;
}

task<result<std::optional<head>>> store::read_as_it_is(std::string sid, std::string access, std::string seat) {
  std::vector<std::string> keys{session_key(sid)};
  std::vector<std::string> args{std::move(access), std::move(seat)};
  const result<reply> answer = co_await scripts::read.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  if (outcome_of(*answer) == "absent") co_return std::optional<head>();
  result<head> found = decode_head(*answer, std::move(sid));
  if (!found) co_return found.failure();
  co_return std::optional<head>(std::move(*found));
}

task<result<scanned>> store::scan(std::string cursor) {
  std::vector<std::string> keys;
  std::vector<std::string> args{session_key(""), std::move(cursor)};
  const result<reply> answer = co_await scripts::scan.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  if (outcome_of(*answer) != "scanned" || answer->elements.size() < 2) co_return unexpected("scan");
  result<std::vector<listed>> rows = decode_rows(*answer, 2);
  if (!rows) co_return rows.failure();
  scanned part;
  part.sessions = std::move(*rows);
  part.next = answer->elements[1].text;
  co_return part;
}

task<result<census>> store::count(std::string cursor) {
  std::vector<std::string> keys;
  std::vector<std::string> args{session_key(""), std::move(cursor)};
  constexpr unix_seconds latest = std::numeric_limits<unix_seconds>::max();  // no raise matters here
  const result<reply> answer = co_await scripts::count.run(redis_, std::move(keys), std::move(args));
  if (!answer) co_return answer.failure();
  if (outcome_of(*answer) != "counted" || answer->elements.size() < 2) co_return unexpected("count");
  result<std::vector<counted>> rows = decode_counted(*answer, 2);
  if (!rows) co_return rows.failure();
  for (counted& each : *rows) each.has_ended = has_ended(each.sid, each.user_id, each.auth_version, latest);
  census part;
  part.sessions = std::move(*rows);
  part.next = answer->elements[1].text;
  co_return part;
}

task<status> store::remember_run(std::string run_id) {
  std::vector<std::string> set{"SET", run_key(realm_), std::move(run_id)};
  const result<reply> answer = co_await redis_.command(std::move(set));
  if (!answer) co_return answer.failure();
  co_return done{};
}

task<result<done>> store::ping() {
  std::vector<std::string> set{"SET", prefix_ + "alive", "1", "EX", "60"};
  const result<reply> answer = co_await redis_.command(std::move(set));
  if (!answer) co_return answer.failure();
  co_return done{};
}

// `wait=N`: what has been written on this connection is on N replicas too, or it does not count. Waits half a deadline
// at most, lest the others in flight reach theirs.
task<result<done>> store::replicated() {
  const int wanted = redis_.settings().wait_replicas;
  if (wanted == 0) co_return done{};
  std::vector<std::string> wait{"WAIT", text(wanted), text(redis_.settings().timeout.count() / 2)};
  const result<reply> answer = co_await redis_.command(std::move(wait));
  if (!answer) co_return answer.failure();
  if (answer->integer >= wanted) co_return done{};
  co_return error{fault::unavailable, redis_.settings().name() + ": only " + text(answer->integer) +
                                          " of wait=" + text(wanted) + " replicas have stored it in time"};
}

void store::apply(const mark& session, unix_seconds now, unix_seconds until) {
  if (table_ == nullptr) return;
  revocation told;
  told.subject = session;
  told.at = now;
  told.until = steady_until(until, now);
  table_->add(told, steady_seconds());
}

// A failover may bring back a session that this node has seen end, or that is older than the user's last change or its
// own last raise.
bool store::forgotten(const head& session) const {
  return has_ended(session.sid, session.user_id, session.auth_version, session.auth_time);
}

bool store::has_ended(std::string_view sid, std::string_view user_id, std::int64_t auth_version,
                      unix_seconds auth_time) const {
  if (table_ == nullptr) return false;
  holder as;
  as.session = session_mark(realm_, sid);
  as.user = user_mark(realm_, user_id);
  as.auth_version = auth_version;
  as.auth_time = auth_time;
  return table_->judge_session(as, steady_seconds()) != standing::valid;
}

std::string store::session_key(std::string_view sid) const { return prefix_ + "session:" + std::string(sid); }
std::string store::alias_key(std::string_view hash) const { return prefix_ + "alias:" + std::string(hash); }
std::string store::code_key(std::string_view hash) const { return prefix_ + "code:" + std::string(hash); }
std::string store::sessions_key(std::string_view user_id) const { return prefix_ + "sessions:" + std::string(user_id); }
std::string store::told_key(std::string_view sid) const { return prefix_ + "told:" + std::string(sid); }
std::string store::least_key(std::string_view user_id) const { return prefix_ + "least:" + std::string(user_id); }

}  // namespace gatehouse::session
