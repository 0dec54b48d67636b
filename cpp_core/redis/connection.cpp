#include "redis/connection.h"

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

namespace gatehouse::redis {

namespace {

constexpr int most_in_flight = 1024;
constexpr millis first_delay{100};
constexpr millis longest_delay{2000};

// Is `code` a word of the error? At its start, or behind "Error running script: " of Redis before 7.
bool speaks_of(std::string_view text, std::string_view code) {
  for (std::size_t at = text.find(code); at != std::string_view::npos; at = text.find(code, at + 1)) {
    const std::size_t end = at + code.size();
    const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '-';
    if (begins && (end == text.size() || text[end] == ' ')) return true;
  }
  return false;
}

// The server is there, but cannot serve now, or not us: waiting or the operator will help.
bool not_serving(std::string_view text) {
  constexpr std::string_view codes[] = {"LOADING",
                                        "READONLY",
                                        "MASTERDOWN",
                                        "NOAUTH",
                                        "WRONGPASS",
                                        "NOPERM",
                                        "MISCONF",
                                        "OOM",
                                        "BUSY",
                                        "NOREPLICAS",
                                        "TRYAGAIN",
                                        "CLUSTERDOWN",
                                        "max number of clients reached"};
  return std::any_of(std::begin(codes), std::end(codes), [&](std::string_view code) { return speaks_of(text, code); });
}

}  // namespace

// A command in flight. hiredis holds it as the command's private data and gives it back exactly once: with the answer,
// or with null when the connection goes.
struct connection::pending {
  pending(connection& owner, oneshot<reply>::sender awaited)
      : on(owner), to(std::move(awaited)), deadline(owner.host_) {}
  pending(connection& owner, std::string_view step) : on(owner), log_in_step(step), deadline(owner.host_) {}

  connection& on;
  std::optional<oneshot<reply>::sender> to;
  std::string_view log_in_step;  // AUTH or SELECT: nobody awaits its answer, but all depends on it
  timer deadline;
};

connection::connection(host& on, options to, patience how_long)
    : host_(on), options_(std::move(to)), patience_(how_long), jitter_(std::random_device{}()) {}

connection::~connection() { close(); }

task<result<reply>> connection::command(std::vector<std::string> args) {
  return command(std::move(args), options_.timeout);
}

task<result<reply>> connection::command(std::vector<std::string> args, millis deadline) {
  result<reply> answer = co_await exchange(std::move(args), deadline);
  if (!answer) co_return answer;
  co_return judge(std::move(*answer));
}

task<result<reply>> connection::exchange(std::vector<std::string> args, millis deadline) {
  const steady_time begun = steady_now();
  const std::vector<std::string_view> words(args.begin(), args.end());
  oneshot<reply> answer(host_.queue());
  send(words, deadline, answer.take_sender());
  result<reply> outcome = co_await answer;
  if (counts_ != nullptr) {
    counts_->took(metrics::timing::redis, begun);
    if (!outcome) counts_->add(metrics::counter::redis_failures);
  }
  co_return outcome;
}

result<reply> connection::judge(reply answer) const {
  if (!answer.is(reply::type::error)) return answer;
  if (not_serving(answer.text)) return unreachable(answer.text);
  const std::string_view text = answer.text;  // "unknown command" goes on to quote our arguments
  return error{fault::internal, options_.name() + ": " + std::string(text.substr(0, text.find(", with args")))};
}

void connection::close() {
  closed_ = true;
  drop(unreachable("the worker is stopping"));
}

void connection::send(std::span<const std::string_view> args, millis deadline, oneshot<reply>::sender to) {
  if (closed_) return to(unreachable("the worker is stopping"));
  if (context_ == nullptr && steady_now() < retry_at_) return to(failure_);
  if (in_flight_ >= most_in_flight) {
    return to(
        error{fault::overloaded, options_.name() + ": " + std::to_string(most_in_flight) + " commands wait already"});
  }
  if (context_ == nullptr) {
    const status begun = connect();
    if (!begun) return to(begun.failure());
    log_in();
  }
  queue(args, deadline, std::make_unique<pending>(*this, std::move(to)));
}

// Begins to connect; commands may be queued at once, hiredis keeps them until it is connected.
status connection::connect() {
  redisAsyncContext* connected = options_.unix_path.empty() ? redisAsyncConnect(options_.host.c_str(), options_.port)
                                                            : redisAsyncConnectUnix(options_.unix_path.c_str());
  std::string trouble;
  if (connected == nullptr) {
    trouble = "out of memory";
  } else if (connected->err != 0) {
    trouble = connected->errstr;
  } else {
    watch_ = std::make_unique<watch>(host_, connected->c.fd, [this](bool readable, bool writable) {
      // Either call may free the context; lost() or drop() has forgotten it then.
      if (readable && context_ != nullptr) redisAsyncHandleRead(context_);
      if (writable && context_ != nullptr) redisAsyncHandleWrite(context_);
    });
    events_ = GH_WRITE;
    if (!watch_->want(false, true)) trouble = "this worker is out of connections; raise worker_connections";
  }
  if (!trouble.empty()) {
    watch_.reset();
    if (connected != nullptr) redisAsyncFree(connected);
    failure_ = unreachable(trouble);
    back_off();
    return failure_;
  }

  connected->ev.data = this;
  connected->ev.addRead = [](void* self) { static_cast<connection*>(self)->listen(GH_READ); };
  connected->ev.delRead = [](void* self) { static_cast<connection*>(self)->ignore(GH_READ); };
  connected->ev.addWrite = [](void* self) { static_cast<connection*>(self)->listen(GH_WRITE); };
  connected->ev.delWrite = [](void* self) { static_cast<connection*>(self)->ignore(GH_WRITE); };
  connected->ev.cleanup = on_cleanup;
  if (options_.unix_path.empty()) redisEnableKeepAlive(&connected->c);  // notices a peer that vanished while idle
  context_ = connected;
  ++connects_;
  return done{};
}

void connection::log_in() {
  if (!options_.password.empty()) {
    std::vector<std::string_view> auth{"AUTH"};
    if (!options_.user.empty()) auth.push_back(options_.user);
    auth.push_back(options_.password.reveal());
    queue(auth, options_.connect_timeout, std::make_unique<pending>(*this, "AUTH"));
  }
  if (options_.database != 0) {
    const std::string number = std::to_string(options_.database);
    const std::string_view select[] = {"SELECT", number};
    queue(select, options_.connect_timeout, std::make_unique<pending>(*this, "SELECT"));
  }
}

void connection::queue(std::span<const std::string_view> args, millis deadline, std::unique_ptr<pending> command) {
  std::vector<const char*> words;
  std::vector<std::size_t> lengths;
  for (const std::string_view arg : args) {
    words.push_back(arg.data());
    lengths.push_back(arg.size());
  }
  if (redisAsyncCommandArgv(context_, on_reply, command.get(), static_cast<int>(words.size()), words.data(),
                            lengths.data()) != REDIS_OK) {
    if (command->to) (*command->to)(error{fault::internal, options_.name() + ": the command could not be queued"});
    return;
  }
  ++in_flight_;
  auto expire = [this, deadline] { drop(unreachable("no answer within " + std::to_string(deadline.count()) + " ms")); };
  command.release()->deadline.start(deadline, expire, patience_ == patience::background);
}

void connection::on_reply(redisAsyncContext* context, void* answer, void* command) noexcept {
  const std::unique_ptr<pending> answered(static_cast<pending*>(command));
  connection& self = answered->on;
  if (answer == nullptr) {
    if (self.context_ == context) self.lost();
    --self.in_flight_;
    if (answered->to) (*answered->to)(self.failure_);
    return;
  }

  --self.in_flight_;
  reply copy = copy_reply(*static_cast<redisReply*>(answer));
  if (!answered->to) return self.log_in_answered(answered->log_in_step, copy);
  self.delay_ = millis{0};
  const bool demoted = copy.is(reply::type::error) && speaks_of(copy.text, "READONLY");
  (*answered->to)(std::move(copy));
  // After a failover the address may lead to the new master already; this connection never will.
  if (demoted) self.drop(self.unreachable("it has become a read-only replica"));
}

void connection::log_in_answered(std::string_view step, const reply& answer) {
  if (!answer.is(reply::type::error)) return;
  const std::string code = answer.text.substr(0, answer.text.find(' '));  // the rest might quote the password
  const std::string_view hint = step == "AUTH" ? "check user= and password_file=" : "check db=";
  drop(unreachable(std::string(step) + " was refused (" + code + "); " + std::string(hint)));
}

// Forgets the connection and fails what is in flight: now, or, within a callback of hiredis, when that returns.
void connection::drop(error why) {
  if (context_ == nullptr) return;
  failure_ = std::move(why);
  back_off();
  redisAsyncFree(std::exchange(context_, nullptr));
}

// hiredis 0.14 calls the callbacks first and on_cleanup last, 1.x the other way round: whichever comes first ends here.
// A server may well close an idle connection; the next command then connects at once.
void connection::lost() {
  failure_ = unreachable(context_->err != 0 ? context_->errstr : "the connection has ended");
  if (in_flight_ > 0) back_off();
  context_ = nullptr;
}

// Called once for every context, before its descriptor is closed.
void connection::on_cleanup(void* self) noexcept {
  connection& ended = *static_cast<connection*>(self);
  ended.watch_.reset();
  if (ended.context_ != nullptr) ended.lost();
}

// Half of the wait is random, lest all workers come back in the same millisecond.
void connection::back_off() {
  delay_ = std::clamp(delay_ * 2, first_delay, longest_delay);
  std::uniform_int_distribution<millis::rep> some(delay_.count() / 2, delay_.count());
  retry_at_ = steady_now() + millis{some(jitter_)};
}

error connection::unreachable(std::string_view why) const {
  return {fault::unavailable, options_.name() + ": " + std::string(why)};
}

// A watch that the host cannot change is found out by the deadline of whatever waits for it.
void connection::listen(unsigned events) {
  if ((events_ & events) == events) return;
  events_ |= events;
  if (watch_) watch_->want((events_ & GH_READ) != 0, (events_ & GH_WRITE) != 0);
}

void connection::ignore(unsigned events) {
  if ((events_ & events) == 0) return;
  events_ &= ~events;
  if (watch_) watch_->want((events_ & GH_READ) != 0, (events_ & GH_WRITE) != 0);
}

}  // namespace gatehouse::redis
