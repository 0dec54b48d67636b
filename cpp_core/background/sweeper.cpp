#include "background/sweeper.h"

#include "background/replay.h"
#include "base/flow.h"
#include "step/refusal_audit.h"
#include "step/revoke.h"

namespace gatehouse::operation {

namespace {

constexpr millis between_prunings{3600 * 1000};
constexpr millis between_batches{100};

task<status> check_sessions(realm::services& realm, std::string run_id) {
  const result<std::size_t> ended = co_await end_what_had_ended(realm);
  if (!ended) co_return ended.failure();
  if (*ended > 0) {
    realm.host().log(severity::warn, "realm \"" + realm.settings().name + "\": Redis had forgotten the end of " +
                                         std::to_string(*ended) + " session(s), which have been ended again");
  }
  if (run_id.empty()) co_return done{};
  co_return co_await realm.sessions().remember_run(std::move(run_id));
}

// The sessions first: a change that is carried out on one that has come back would hide that it had ended.
task<result<std::size_t>> pass_over(realm::services& realm, std::optional<std::string> run_id) {
  status checked = done{};
  if (run_id) checked = co_await check_sessions(realm, std::move(*run_id));
  if (!checked && checked.failure().kind == fault::unavailable) co_return checked.failure();
  result<std::size_t> carried_out = co_await sweep_outbox(realm);
  if (carried_out && !checked) co_return checked.failure();
  if (!carried_out) co_return carried_out;
  const status recorded = co_await record_refusals(realm);
  if (!recorded) co_return recorded.failure();
  co_return carried_out;
}

}  // namespace

sweeper::sweeper(realm::services& realm, unsigned number)
    : realm_(realm),
      timer_(realm.host()),
      prune_timer_(realm.host()),
      jitter_(number + 1),
      self_(std::make_shared<sweeper*>(this)) {
  realm_.accounts().on_revocation([self = self_] {
    if (*self != nullptr) (*self)->wake();
  });
  realm_.on_doubt([self = self_](std::string run) {
    if (*self == nullptr) return;
    (*self)->run_ = std::move(run);
    (*self)->wake();
  });
  rest(millis(1000));
  prune_timer_.start(
      millis(2000), [this] { prune(); }, true);
}

sweeper::~sweeper() { *self_ = nullptr; }

void sweeper::rest(millis at_least) {
  std::uniform_int_distribution<int> more(0, 1000);
  timer_.start(
      at_least + millis(more(jitter_)), [this] { sweep(); }, true);
}

void sweeper::wake() {
  if (sweeping_) {
    again_ = true;
  } else {
    timer_.start(
        millis(0), [this] { sweep(); }, true);
  }
}

void sweeper::sweep() {
  sweeping_ = true;
  checked_ = std::exchange(run_, std::nullopt);
  spawn<result<std::size_t>>(realm_.host().queue(), pass_over(realm_, checked_),
                             [self = self_](result<result<std::size_t>> pass) {
                               if (*self != nullptr) (*self)->swept(pass ? std::move(*pass) : pass.failure());
                             });
}

void sweeper::swept(result<std::size_t> pass) {
  sweeping_ = false;
  if (!pass && !run_) run_ = std::move(checked_);
  const std::string failure = pass ? "" : pass.failure().what;
  if (failure != failure_) {  // a long outage is two lines in the log, not one every other second
    const std::string realm = "realm \"" + realm_.settings().name + "\": ";
    if (pass) realm_.host().log(severity::notice, realm + "PostgreSQL and Redis answer again");
    if (!pass) realm_.host().log(severity::error, realm + failure);
    failure_ = failure;
  }
  const bool more = pass && *pass > 0;
  rest(millis(more ? 0 : 2000));
  if (std::exchange(again_, false)) wake();
}

void sweeper::prune() {
  spawn<result<bool>>(realm_.host().queue(), realm_.retention().prune(realm_.settings().audit_retention),
                      [self = self_](result<result<bool>> pruned) {
                        if (*self != nullptr) (*self)->pruned(pruned ? std::move(*pruned) : pruned.failure());
                      });
}

void sweeper::pruned(result<bool> more) {
  if (!more && !pruning_failed_) {
    realm_.host().log(severity::warn, "realm \"" + realm_.settings().name +
                                          "\": deleting what is too old to be kept: " + more.failure().what);
  }
  pruning_failed_ = !more;
  prune_timer_.start(
      more && *more ? between_batches : between_prunings, [this] { prune(); }, true);
}

}  // namespace gatehouse::operation
