#include "session/feed.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "base/flow.h"
#include "session/scripts.h"

namespace gatehouse::session {

namespace {

constexpr millis block_time{1000};
constexpr millis between_tries{250};
constexpr millis least_patience{250};  // beyond the time that a read blocks, however short timeout= is
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

}  // namespace

feed::feed(host& on, const redis::options& at, std::string_view realm, seconds longest_access, revocations table)
    : host_(on),
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
    if (lease_.hold()) {
      const status followed = co_await follow();
      report(followed);
    }
    if (!stopping_) (void)co_await pause(between_tries);
  }
  co_return done{};
}

// From a new connection to its end, or to the loss of the lease.
task<status> feed::follow() {
  const result<server> found = co_await catch_up();
  if (!found) co_return found.failure();
  report(done{});
  while (!stopping_ && lease_.hold()) {
    const result<bool> at_end = co_await read_page(block_time, nullptr);
    if (!at_end) co_return at_end.failure();
    if (redis_.connects() != found->connection) break;  // it may lead to another Redis: all over again
    if (*at_end) read_up_to_now(*found);
  }
  co_return done{};
}

task<result<feed::server>> feed::catch_up() {
  const result<server> found = co_await ask();
  if (!found) co_return found;
  const bool forgetful = may_have_forgotten(*found);

  const unix_seconds oldest = std::max<unix_seconds>(0, found->time - matters_.count());
  cursor_ = {static_cast<std::uint64_t>(oldest) * 1000, 0};
  known seen;
  for (bool at_end = false; !at_end;) {
    const result<bool> page = co_await read_page(millis{0}, forgetful ? &seen : nullptr);
    if (!page) co_return page.failure();
    lease_.hold();
    at_end = *page;
  }
  if (forgetful) {
    const status appended = co_await append_missing(*found, std::move(seen));
    if (!appended) co_return appended.failure();
  }
  if (redis_.connects() != found->connection) {
    co_return error{fault::unavailable, redis_.settings().name() + ": it went away while the feed was read"};
  }

  read_up_to_now(*found);
  co_return found;
}

void feed::read_up_to_now(const server& at) {
  realm_state& state = table_.state();
  const zone::lock held(table_.shared());
  state.run_high = at.run_id.high;
  state.run_low = at.run_id.low;
  state.cursor_time = cursor_.time;
  state.cursor_count = cursor_.count;
  state.read_at = steady_millis();
}

task<result<feed::server>> feed::ask() {
  std::vector<std::string> info_words{"INFO", "server"};
  const result<redis::reply> info = co_await redis_.command(std::move(info_words));
  if (!info) co_return info.failure();
  server found;
  found.connection = redis_.connects();
  std::vector<std::string> time_words{"TIME"};
  const result<redis::reply> time = co_await redis_.command(std::move(time_words));
  if (!time) co_return time.failure();
  std::vector<std::string> last_words{"XREVRANGE", key_, "+", "-", "COUNT", "1"};
  const result<redis::reply> last = co_await redis_.command(std::move(last_words));
  if (!last) co_return last.failure();

  const std::optional<mark> run_id = run_id_of(info->text);
  if (!run_id || time->elements.size() != 2) {
    co_return error{fault::internal, redis_.settings().name() + ": INFO and TIME gave no usable answer"};
  }
  found.run_id = *run_id;
  const std::string& digits = time->elements[0].text;
  std::from_chars(digits.data(), digits.data() + digits.size(), found.time);
  if (!last->elements.empty()) {
    const std::optional<feed_entry> entry = decode_entry(last->elements[0]);
    if (entry) found.last = entry->id;
  }
  co_return found;
}

bool feed::may_have_forgotten(const server& found) const {
  const realm_state& state = table_.state();
  const zone::lock held(table_.shared());
  const mark run_id{state.run_high, state.run_low};
  const stream_id cursor{state.cursor_time, state.cursor_count};
  const bool read_before = !run_id.empty();
  return read_before && (run_id != found.run_id || found.last < cursor);
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
    table_.add(*entry->what, now_seconds());
    if (seen != nullptr) seen->insert(identity(*entry->what));
  }
  co_return entries.size() < page_size;
}

// Between the batches the stream is read on, so that the table stays as fresh as gatehouse_when_stale promises, however
// much there is to append.
task<status> feed::append_missing(server at, known seen) {
  std::vector<revocation> missing = table_.live(now_seconds());
  std::erase_if(missing, [&](const revocation& each) { return seen.contains(identity(each)); });
  for (std::size_t done_with = 0; done_with < missing.size(); done_with += batch_size) {
    std::vector<std::string> keys{key_};
    std::vector<std::string> args;
    for (std::size_t i = done_with; i < std::min(done_with + batch_size, missing.size()); ++i) {
      std::vector<std::string> words = encode_entry(missing[i]);
      args.push_back(std::to_string(words.size()));
      std::ranges::move(words, std::back_inserter(args));
    }
    const result<redis::reply> appended = co_await scripts::append.run(redis_, std::move(keys), std::move(args));
    if (!appended) co_return appended.failure();

    const result<bool> at_end = co_await read_page(millis{0}, nullptr);
    if (!at_end) co_return at_end.failure();
    if (redis_.connects() != at.connection || !lease_.hold()) {
      co_return error{fault::unavailable, redis_.settings().name() + ": it went away while entries were appended"};
    }
    if (*at_end) table_.state().read_at = steady_millis();
  }
  co_return done{};
}

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
  if (reported_ == followed.ok() || stopping_) return;
  reported_ = followed.ok();
  if (followed.ok()) {
    host_.log(severity::notice, redis_.settings().name() + ": the revocation feed " + key_ + " is read");
  } else {
    host_.log(severity::error, "the revocation feed " + key_ + " cannot be read: " + followed.failure().what);
  }
}

}  // namespace gatehouse::session
