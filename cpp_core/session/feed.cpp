#include "session/feed.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <iterator>
#include <utility>

#include "base/flow.h"
#include "session/scripts.h"

namespace gatehouse::session {

namespace {

constexpr millis block_time{1000};
constexpr millis between_tries{250};
constexpr millis turn_of_others{500};    // after a failure: another worker may be able to read
constexpr millis lasting{1000};          // what has failed for so long is for the log
constexpr millis least_patience{250};    // beyond the time that a read blocks, however short timeout= is
constexpr unix_seconds most_apart = 60;  // as much as a token of the future is forgiven
constexpr std::size_t page_size = 1000;
constexpr std::size_t batch_size = 500;  // entries that are appended at once: less than a page, and 2 ms of Redis' time

// Without its times, which an entry that is appended again does not keep.
std::string identity(const revocation& of) {
  return std::to_string(static_cast<int>(of.kind)) + of.subject.hex() + std::to_string(of.least) + of.keep.hex();
}

// The line run_id:<40 hexadecimal digits> of INFO; 128 bits of it are enough to tell a restart.
std::optional<mark> run_id_of(std::string_view info) {
  constexpr std::string_view name = "run_id:";
  const std::size_t at = info.find(name);
  if (at == std::string_view::npos) return {};
  return parse_mark(info.substr(at + name.size(), 32));
}

// A line NAME:VALUE of INFO.
std::string_view value_of(std::string_view info, std::string_view name) {
  const std::string line = "\n" + std::string(name) + ":";
  const std::size_t at = info.find(line);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = info.substr(at + line.size());
  return rest.substr(0, rest.find_first_of("\r\n"));
}

// What of its settings makes it forget; empty: nothing that can be seen.
std::string complaint_of(std::string_view info) {
  std::string wrong;
  if (value_of(info, "aof_enabled") == "0") wrong = "it has not \"appendonly yes\"";
  const std::string_view policy = value_of(info, "maxmemory_policy");
  const std::string_view most = value_of(info, "maxmemory");
  if (!policy.empty() && policy != "noeviction" && most != "0") {
    wrong += std::string(wrong.empty() ? "it has" : ", and it has") + " \"maxmemory-policy " + std::string(policy) +
             "\" instead of noeviction";
  }
  return wrong;
}

}  // namespace

feed::feed(host& on, const redis::options& at, std::string_view realm, seconds longest_access, revocations table)
    : host_(on),
      realm_(realm),
      key_(feed_key(realm)),
      matters_(longest_access + feed_margin),
      table_(table),
      redis_(on, at, redis::patience::background),
      lease_(table),
      alarm_(on) {}

void feed::start() {
  running_ = true;
  spawn<status>(host_.queue(), run(), [this](result<status> ended) {
    running_ = false;
    if (ended || stopping_) return;
    // An exception: a defect, or no memory.
    host_.log(severity::error, "the revocation feed broke off: " + ended.failure().what);
    auto again = [this] { start(); };
    alarm_.start(block_time, again, true);
  });
}

void feed::stop() {
  stopping_ = true;
  alarm_.stop();
  redis_.close();
  lease_.release();
  wake();
}

task<status> feed::run() {
  while (!stopping_) {
    millis rest = between_tries;
    if (hold_lease()) {
      const status followed = co_await follow();
      report(followed);
      if (!followed) {
        lease_.release();
        rest = turn_of_others;
      }
    }
    if (!stopping_) (void)co_await pause(rest);
  }
  co_return done{};
}

// From a new connection to its end, or to the loss of the lease.
task<status> feed::follow() {
  const result<server> found = co_await catch_up();
  if (!found) co_return found.failure();
  report(done{});
  while (!stopping_ && hold_lease()) {
    const result<bool> at_end = co_await read_page(block_time, nullptr);
    if (!at_end) co_return at_end.failure();
    if (redis_.connects() != found->connection) break;  // it may lead to another Redis: all over again
    remember(*found, *at_end);
  }
  co_return done{};
}

task<result<feed::server>> feed::catch_up() {
  const result<server> found = co_await ask();
  if (!found) co_return found;
  const bool forgetful = may_have_forgotten(*found);
  if (!found->complaint.empty() && !is_known(*found)) {
    host_.log(severity::warn,
              redis_.settings().name() + ": " + found->complaint +
                  "; what it forgets comes back to life: see \"Redis\" in Gatehouse's docs/guides/operations.md");
  }

  complain_of_clock(*found);

  cursor_ = {};
  clock_ = found->time - steady_seconds();
  known seen;
  known* const to_compare = forgetful ? &seen : nullptr;
  for (bool at_end = false; !at_end;) {
    const result<bool> page = co_await read_page(millis{0}, to_compare);
    if (!page) co_return page.failure();
    hold_lease();
    at_end = *page;
  }
  if (forgetful) {
    const status appended = co_await append_missing(*found, std::move(seen));
    if (!appended) co_return appended.failure();
  }
  if (redis_.connects() != found->connection) {
    co_return error{fault::unavailable, redis_.settings().name() + ": it went away while the feed was read"};
  }

  remember(*found, true);
  const bool doubtful = forgetful || !found->is_checked;
  if (doubtful && doubt_) doubt_(found->run_id.empty() ? "" : found->run_id.hex());
  co_return found;
}

// Redis says when a token was issued, this machine whether its time has come and gone.
void feed::complain_of_clock(const server& found) {
  const unix_seconds ahead = found.time - now_seconds();
  if (std::abs(ahead) <= most_apart) return;
  host_.log(severity::warn, redis_.settings().name() + ": its clock is " + std::to_string(std::abs(ahead)) + " s " +
                                (ahead > 0 ? "ahead of" : "behind") +
                                " this machine's: fresh tokens may be refused here; keep both clocks right by NTP");
}

// How far the table has followed which Redis; to its end, it is fresh.
void feed::remember(const server& at, bool at_end) {
  realm_state& state = table_.state();
  const zone::lock held(table_.shared());
  state.run_high = at.run_id.high;
  state.run_low = at.run_id.low;
  state.cursor_time = cursor_.time;
  state.cursor_count = cursor_.count;
  if (at_end) state.read_at = steady_millis();
}

task<result<feed::server>> feed::ask() {
  result<server> run = co_await ask_run();
  if (!run) co_return run.failure();
  server found = std::move(*run);
  std::vector<std::string> time_words{"TIME"};
  const result<redis::reply> time = co_await redis_.command(std::move(time_words));
  if (!time) co_return time.failure();
  std::vector<std::string> last_words{"XREVRANGE", key_, "+", "-", "COUNT", "1"};
  const result<redis::reply> last = co_await redis_.command(std::move(last_words));
  if (!last) co_return last.failure();

  if (time->elements.size() != 2) {
    co_return error{fault::internal, redis_.settings().name() + ": TIME gave no usable answer"};
  }
  const std::string& digits = time->elements[0].text;
  std::from_chars(digits.data(), digits.data() + digits.size(), found.time);
  if (!last->elements.empty()) {
    const std::optional<feed_entry> entry = decode_entry(last->elements[0]);
    if (entry) found.last = entry->id;
  }
  co_return found;
}

// Which run of Redis it is, and what that says of itself. A user without INFO is fine: then each new connection may
// lead to one that has forgotten something.
task<result<feed::server>> feed::ask_run() {
  std::vector<std::string> info_words{"INFO"};
  const result<redis::reply> info = co_await redis_.exchange(std::move(info_words), redis_.settings().timeout);
  if (!info) co_return info.failure();
  server of;
  of.connection = redis_.connects();
  const std::string& text = info->text;
  const bool refused =
      info->is(redis::reply::type::error) && (text.starts_with("NOPERM") || text.starts_with("ERR unknown command"));
  if (refused) co_return of;
  const result<redis::reply> judged = redis_.judge(*info);
  if (!judged) co_return judged.failure();
  const std::optional<mark> run_id = run_id_of(text);
  if (!run_id) co_return of;
  of.run_id = *run_id;
  of.complaint = complaint_of(text);

  std::vector<std::string> run_words{"GET", run_key(realm_)};
  const result<redis::reply> checked = co_await redis_.command(std::move(run_words));
  if (!checked) co_return checked.failure();
  of.is_checked = checked->text == run_id->hex();
  co_return of;
}

bool feed::is_known(const server& found) const {
  const realm_state& state = table_.state();
  const zone::lock held(table_.shared());
  return mark{state.run_high, state.run_low} == found.run_id;
}

bool feed::may_have_forgotten(const server& found) const {
  const realm_state& state = table_.state();
  const zone::lock held(table_.shared());
  const mark run_id{state.run_high, state.run_low};
  const stream_id cursor{state.cursor_time, state.cursor_count};
  const bool read_before = !run_id.empty() || cursor != stream_id() || table_.synchronised();
  const bool is_emptied = found.last == stream_id() && state.until > steady_seconds();
  return is_emptied || (read_before && (found.run_id.empty() || run_id != found.run_id || found.last < cursor));
}

task<result<bool>> feed::read_page(millis block, known* seen) {
  std::vector<std::string> words{"XREAD", "COUNT", std::to_string(page_size)};
  if (block > millis{0}) {
    words.push_back("BLOCK");
    words.push_back(std::to_string(block.count()));
  }
  for (const std::string& word : {std::string("STREAMS"), key_, cursor_.text()}) words.push_back(word);
  const millis deadline = block + std::max(redis_.settings().timeout, least_patience);
  const result<redis::reply> page = co_await redis_.command(std::move(words), deadline);
  if (!page) co_return page.failure();
  if (page->elements.empty() || page->elements[0].elements.size() != 2) co_return true;  // nothing new

  const std::vector<redis::reply>& entries = page->elements[0].elements[1].elements;
  for (const redis::reply& element : entries) {
    const std::optional<feed_entry> entry = decode_entry(element);
    if (!entry) co_return error{fault::internal, redis_.settings().name() + ": " + key_ + " is no stream of entries"};
    cursor_ = entry->id;
    if (!entry->what) {
      host_.log(severity::error, redis_.settings().name() + ": entry " + cursor_.text() + " of " + key_ +
                                     " is not understood; is a newer Gatehouse using the same Redis?");
      continue;
    }
    add(*entry->what, block > millis{0});
    if (seen != nullptr) seen->insert(identity(*entry->what));
  }
  co_return entries.size() < page_size;
}

// Redis' clock may be set while we read: what has just happened matters as long as any of our tokens may.
void feed::add(revocation what, bool just_happened) {
  const std::int64_t now = steady_seconds();
  what.until -= clock_;
  if (just_happened) what.until = std::max(what.until, now + matters_.count());
  table_.add(what, now);
}

// Between the batches the stream is read on, so that the table stays as fresh as gatehouse_when_stale promises, however
// much there is to append.
task<status> feed::append_missing(server at, known seen) {
  std::vector<revocation> missing = table_.live(steady_seconds());
  std::erase_if(missing, [&](const revocation& each) { return seen.contains(identity(each)); });
  for (std::size_t done_with = 0; done_with < missing.size(); done_with += batch_size) {
    std::vector<std::string> keys{key_};
    std::vector<std::string> args;
    for (std::size_t i = done_with; i < std::min(done_with + batch_size, missing.size()); ++i) {
      missing[i].until += clock_;
      std::vector<std::string> words = encode_entry(missing[i]);
      args.push_back(std::to_string(words.size()));
      std::ranges::move(words, std::back_inserter(args));
    }
    const result<redis::reply> appended = co_await scripts::append.run(redis_, std::move(keys), std::move(args));
    if (!appended) co_return appended.failure();

    const result<bool> at_end = co_await read_page(millis{0}, nullptr);
    if (!at_end) co_return at_end.failure();
    if (redis_.connects() != at.connection || !hold_lease()) {
      co_return error{fault::unavailable, redis_.settings().name() + ": it went away while entries were appended"};
    }
    if (*at_end) table_.state().read_at = steady_millis();
  }
  co_return done{};
}

bool feed::hold_lease() { return lease_.hold(host_.is_quitting()); }

task<status> feed::pause(millis time) {
  oneshot<done> over(host_.queue());
  paused_.emplace(over.take_sender());
  auto fire = [this] { wake(); };
  alarm_.start(time, fire, true);
  co_return co_await over;
}

void feed::wake() {
  if (paused_) (*paused_)(status(done{}));
}

void feed::report(const status& followed) {
  if (stopping_) return;
  realm_state& state = table_.state();
  if (followed.ok()) {
    state.failing_since = 0;
    const bool was_told = state.failure_told.exchange(0) != 0;
    if (reads_ && !was_told) return;
    reads_ = true;
    return host_.log(severity::notice, redis_.settings().name() + ": the revocation feed " + key_ + " is read");
  }
  std::int64_t since = 0;
  const std::int64_t now = steady_millis();
  if (state.failing_since.compare_exchange_strong(since, now)) since = now;
  if (now - since < lasting.count() || state.failure_told.exchange(1) != 0) return;
  host_.log(severity::error, "the revocation feed " + key_ + " cannot be read: " + followed.failure().what);
}

}  // namespace gatehouse::session
