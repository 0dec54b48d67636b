#include "operation/sweeper.h"

#include "base/flow.h"
#include "operation/refusals.h"
#include "operation/revoke.h"

namespace gatehouse::operation {

namespace {

constexpr millis between_prunings{3600 * 1000};
constexpr millis between_batches{100};

task<result<std::size_t>> sweep_all(realm::services& realm) {
  result<std::size_t> revoked = co_await sweep_outbox(realm);
  if (!revoked) co_return revoked;
  const status recorded = co_await record_refusals(realm);
  if (!recorded) co_return recorded.failure();
  co_return revoked;
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
  spawn<result<std::size_t>>(realm_.host().queue(), sweep_all(realm_),
                             [self = self_](result<result<std::size_t>> pass) {
                               if (*self != nullptr) (*self)->swept(pass ? std::move(*pass) : pass.failure());
                             });
}

void sweeper::swept(result<std::size_t> pass) {
  sweeping_ = false;
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
