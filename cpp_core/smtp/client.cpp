#include "smtp/client.h"

#include <curl/curl.h>

#include <algorithm>
#include <list>
#include <utility>
#include <vector>

#include "smtp/connection.h"
#include "smtp/turns.h"

namespace gatehouse::smtp {

namespace {

using outcome = delivery::outcome;

constexpr const char* worker_stops = "the worker is stopping";
constexpr std::size_t most_at_a_time = 2;
constexpr millis longest_rest{10000};
constexpr millis patience_with_rested{3000};

delivery later(const error& why) { return {outcome::try_again, shown(why.what), true}; }

// The contents of DATA: a dot that begins a line is doubled, a dot alone ends it (RFC 5321, 4.5.2).
std::string dotted(std::string_view mail) {
  std::string contents;
  while (!mail.empty()) {
    const std::size_t end = std::min(mail.find('\n'), mail.size() - 1) + 1;
    if (mail.front() == '.') contents += '.';
    contents += mail.substr(0, end);
    mail.remove_prefix(end);
  }
  return contents + ".\r\n";
}

struct step {
  std::string bytes;
  int good;             // the first digit of the reply that leads on
  bool about_the_mail;  // a refusal is for this recipient or these contents, not for all that we send
};

// A reply that does not lead on.
delivery judged(const step& at, const reply& said) {
  const bool for_all = !at.about_the_mail || said.code == 421 || said.code == 530;  // closing down; log in first
  const bool refused = said.is(5) && !for_all;
  return {refused ? outcome::refused : outcome::try_again, said.text, !refused && (for_all || said.code < 400)};
}

}  // namespace

// The realm's connections: at rest, or in the hands of a mail under way.
class client::state {
 public:
  state(host& on, options to)
      : settings(std::move(to)), queue(std::make_shared<turns>(on, most_at_a_time)), host_(on) {}

  // One that is ready for MAIL.
  static task<result<connection*>> connect(std::shared_ptr<state> by, steady_time deadline);
  // When its turn has come: `steps` over such a connection.
  static task<delivery> take_steps(std::shared_ptr<state> by, std::vector<step> steps);

  // For the next mail, if it still lives.
  void keep(connection& idle) {
    if (closed_) return drop(idle);
    idle.rest(longest_rest, [this, &idle] { drop(idle); });
  }

  void close() {
    closed_ = true;
    queue->refuse_waiting({fault::unavailable, worker_stops});
    for (connection& each : connections_) each.abort(stopping());
  }

  error failed(std::string_view why) const { return {fault::unavailable, settings.name() + ": " + std::string(why)}; }
  error stopping() const { return failed(worker_stops); }
  bool closed() const { return closed_; }

  const options settings;
  const std::shared_ptr<turns> queue;

 private:
  connection* rested() {
    for (connection& each : connections_) {
      if (each.resting()) return &each;
    }
    return nullptr;
  }

  void drop(connection& over) {
    connections_.remove_if([&over](const connection& each) { return &each == &over; });
  }

  host& host_;
  std::list<connection> connections_;
  bool closed_ = false;
};

task<result<connection*>> client::state::connect(std::shared_ptr<state> by, steady_time deadline) {
  // A rested connection may have died unnoticed, and may have a refused mail half-way: RSET tells and clears.
  while (connection* rested = by->rested()) {
    const steady_time soon = std::min(deadline, steady_now() + patience_with_rested);
    const std::string reset = "RSET\r\n";
    const result<reply> alive = co_await rested->exchange(reset, soon);
    if (alive && alive->is(2)) co_return rested;
    by->drop(*rested);
  }
  if (by->closed()) co_return by->stopping();
  connection& fresh = by->connections_.emplace_back(by->host_, by->settings);
  const status opened = co_await fresh.open(deadline);
  if (opened) co_return &fresh;
  by->drop(fresh);
  co_return opened.failure();
}

namespace {

// `steps` in their order, until one does not lead on.
task<delivery> converse(connection& on, std::vector<step> steps, steady_time deadline) {
  reply said;
  for (const step& each : steps) {
    result<reply> answer = co_await on.exchange(each.bytes, deadline);
    if (!answer) co_return delivery{outcome::try_again, shown(answer.failure().what), &each != &steps.back()};
    said = std::move(*answer);
    if (!said.is(each.good)) co_return judged(each, said);
  }
  co_return delivery{outcome::accepted, said.text, false};
}

}  // namespace

client::client(host& on, options to) : state_(std::make_shared<state>(on, std::move(to))) {
  [[maybe_unused]] static const CURLcode prepared = curl_global_init(CURL_GLOBAL_DEFAULT);
}

client::~client() { close(); }

task<delivery> client::reach() { return state::take_steps(state_, {}); }

task<delivery> client::send(message what) { return deliver(state_, std::move(what)); }

void client::close() { state_->close(); }

const options& client::settings() const { return state_->settings; }

task<delivery> client::deliver(std::shared_ptr<state> by, message what) {
  const result<std::string> mail = write(what);
  if (!mail) co_return delivery{outcome::refused, mail.failure().what, false};

  std::vector<step> steps;
  steps.push_back({"MAIL FROM:<" + what.from.address + ">\r\n", 2, false});
  steps.push_back({"RCPT TO:<" + what.to.address + ">\r\n", 2, true});
  steps.push_back({"DATA\r\n", 3, true});
  steps.push_back({dotted(*mail), 2, true});
  co_return co_await state::take_steps(std::move(by), std::move(steps));
}

task<delivery> client::state::take_steps(std::shared_ptr<state> by, std::vector<step> steps) {
  if (by->closed()) co_return later(by->stopping());
  const steady_time soon = steady_now() + by->settings.timeout;
  const result<turns::turn> mine = co_await turns::take(by->queue, soon);
  if (!mine) co_return later(by->failed(mine.failure().what));
  // Its own time, lest a mail that waited long be given up when the server has all but accepted it.
  const steady_time deadline = steady_now() + by->settings.timeout;
  const result<connection*> ready = co_await connect(by, deadline);
  if (!ready) co_return later(ready.failure());
  delivery ended = co_await converse(**ready, std::move(steps), deadline);
  by->keep(**ready);
  co_return ended;
}

}  // namespace gatehouse::smtp
