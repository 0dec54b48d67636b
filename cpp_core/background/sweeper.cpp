#include "background/sweeper.h"

#include "background/replay.h"
#include "step/refusal_audit.h"
#include "step/revoke.h"

namespace gatehouse::operation {

namespace {

constexpr millis first_pass{1000};
constexpr millis between_passes{2000};
constexpr millis spread{1000};
constexpr millis first_pruning{2000};
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
      sweeping_(
          realm.host(), number, [this] { return sweep(); },
          [this](result<std::size_t> carried_out, bool woken) { return swept(std::move(carried_out), woken); }),
      pruning_(
          realm.host(), number, [this] { return realm_.retention().prune(realm_.settings().audit_retention); },
          [this](result<bool> more, bool) { return pruned(std::move(more)); }),
      log_(realm.host(), realm.settings().name, "PostgreSQL and Redis answer again") {
  realm_.accounts().on_revocation(sweeping_.while_here([this] { sweeping_.wake({}); }));
  realm_.on_doubt(sweeping_.while_here([this](std::string run) { doubt(std::move(run)); }));
  sweeping_.start({first_pass, first_pass * 2});
  pruning_.start({first_pruning, first_pruning});
}

void sweeper::doubt(std::string run_id) {
  run_ = std::move(run_id);
  sweeping_.wake({});
}

task<result<std::size_t>> sweeper::sweep() {
  checked_ = std::exchange(run_, std::nullopt);
  return pass_over(realm_, checked_);
}

rest sweeper::swept(result<std::size_t> carried_out, bool woken) {
  if (!carried_out && !run_) run_ = std::move(checked_);
  log_.note(carried_out ? "" : carried_out.failure().what);
  if (woken) return {};
  const millis least = carried_out && *carried_out > 0 ? millis(0) : between_passes;
  return {least, least + spread};
}

rest sweeper::pruned(result<bool> more) {
  if (!more && !pruning_failed_) {
    realm_.host().log(severity::warn, "realm \"" + realm_.settings().name +
                                          "\": deleting what is too old to be kept: " + more.failure().what);
  }
  pruning_failed_ = !more;
  const millis until = more && *more ? between_batches : between_prunings;
  return {until, until};
}

}  // namespace gatehouse::operation
