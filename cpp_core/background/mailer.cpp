#include "background/mailer.h"

#include <algorithm>
#include <string>
#include <utility>

namespace gatehouse::operation {

namespace {

constexpr millis between_looks{5000};
constexpr millis after_word{1000};
constexpr millis between_records{250};
constexpr millis longest_goodbye{60000};
constexpr millis first_retry{2000};
constexpr millis longest_retry{60000};

task<result<delivered>> look_no_more() { co_return delivered{}; }

}  // namespace

mailer::mailer(realm::services& realm, unsigned number)
    : realm_(realm),
      loop_(
          realm.host(), number, [this] { return look(); },
          [this](result<delivered> outcome, bool woken) { return looked(std::move(outcome), woken); }),
      log_(realm.host(), realm.settings().name, "mail can be sent again") {
  realm_.mails().on_mail(loop_.while_here([this] { wake(); }));
  loop_.start({millis(500), between_looks});
}

// While there is trouble, a new mail would only meet the same.
void mailer::wake() {
  if (troubles_ == 0) loop_.wake({millis(0), after_word});
}

task<result<delivered>> mailer::look() {
  if (unrecorded_) return record(realm_, *unrecorded_);
  if (realm_.host().is_quitting()) return look_no_more();  // whoever comes after it has the mail server of today
  return deliver_next(realm_, loop_.chance());
}

rest mailer::looked(result<delivered> outcome, bool woken) {
  const rest usual{between_looks, between_looks * 6 / 5};
  if (!unrecorded_ && realm_.host().is_quitting() && !(outcome && outcome->unrecorded)) return usual;
  learn(outcome);
  if (outcome) unrecorded_ = std::move(outcome->unrecorded);  // what was not recorded before is now
  if (outcome && unrecorded_) {
    goodbye_by_ = steady_now() + longest_goodbye;
    return {.keeps_worker = true};
  }
  if (unrecorded_) {
    // A worker that is to quit waits for it, or the mail would be sent again.
    return {between_records, between_records, steady_now() < goodbye_by_};
  }
  if (troubles_ > 0) {
    const millis pause = std::min(first_retry * (1 << std::min(troubles_ - 1, 5U)), longest_retry);
    return {pause, pause * 5 / 4};
  }
  if (outcome && outcome->found) return {};
  return woken ? rest{millis(0), after_word} : usual;
}

// How things are. Who found nothing to send has not learned whether the mail server is there.
void mailer::learn(const result<delivered>& outcome) {
  const std::string trouble = outcome ? outcome->trouble : outcome.failure().what;
  const bool store_is_back = outcome && store_failed_;
  const bool tried = outcome && outcome->tried;
  store_failed_ = !outcome;
  if (!tried && !store_is_back && trouble.empty()) return;
  troubles_ = trouble.empty() ? 0 : troubles_ + 1;
  log_.note(trouble.empty() ? "" : "mail waits: " + trouble);
}

}  // namespace gatehouse::operation
