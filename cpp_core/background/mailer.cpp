#include "background/mailer.h"

#include <algorithm>
#include <utility>

#include "base/flow.h"

namespace gatehouse::operation {

namespace {

constexpr millis between_looks{5000};
constexpr millis after_word{1000};
constexpr millis between_records{250};
constexpr millis longest_goodbye{60000};
constexpr millis first_retry{2000};
constexpr millis longest_retry{60000};

}  // namespace

mailer::mailer(realm::services& realm, unsigned number)
    : realm_(realm), timer_(realm.host()), jitter_(number + 1), self_(std::make_shared<mailer*>(this)) {
  realm_.mails().on_mail([self = self_] {
    if (*self != nullptr) (*self)->wake();
  });
  rest(millis(500), between_looks);
}

mailer::~mailer() { *self_ = nullptr; }

// While there is trouble, a new mail would only meet the same.
void mailer::wake() {
  if (looking_) {
    again_ = true;
  } else if (troubles_ == 0) {
    rest(millis(0), after_word);
  }
}

void mailer::rest(millis at_least, millis at_most, bool background) {
  const auto more = static_cast<millis::rep>(static_cast<double>((at_most - at_least).count()) * chance());
  timer_.start(
      at_least + millis(more), [this] { look(); }, background);
}

void mailer::look() {
  looking_ = true;
  if (unrecorded_) return begin(record(realm_, *unrecorded_));
  if (realm_.host().is_quitting()) return;  // for good: whoever comes after it has the mail server of today
  begin(deliver_next(realm_, chance()));
}

void mailer::begin(task<result<delivered>> work) {
  spawn<result<delivered>>(realm_.host().queue(), std::move(work), [self = self_](result<result<delivered>> outcome) {
    if (*self != nullptr) (*self)->looked(outcome ? std::move(*outcome) : outcome.failure());
  });
}

void mailer::looked(result<delivered> outcome) {
  looking_ = false;
  const bool woken = std::exchange(again_, false);
  const bool found = outcome && outcome->found;
  const std::string trouble = outcome ? outcome->trouble : outcome.failure().what;
  const bool store_is_back = outcome && std::exchange(store_failed_, false);
  if (!outcome) store_failed_ = true;
  // Who found nothing to send has not learned whether the mail server is there.
  const bool tried = outcome && outcome->tried;
  if (tried || store_is_back || !trouble.empty()) note(trouble);
  if (outcome) unrecorded_ = std::move(outcome->unrecorded);  // what was not recorded before is now
  if (outcome && unrecorded_) {
    goodbye_by_ = steady_now() + longest_goodbye;
    look();
  } else if (unrecorded_) {
    // A worker that is to quit waits for it, or the mail would be sent again.
    rest(between_records, between_records, steady_now() >= goodbye_by_);
  } else if (!trouble.empty()) {
    const millis pause = std::min(first_retry * (1 << std::min(troubles_ - 1, 5U)), longest_retry);
    rest(pause, pause * 5 / 4);
  } else if (found) {
    rest(millis(0), millis(0));
  } else if (woken) {
    rest(millis(0), after_word);
  } else {
    rest(between_looks, between_looks * 6 / 5);
  }
}

// One line when it begins and one when it is over, not one for every mail.
void mailer::note(const std::string& trouble) {
  troubles_ = trouble.empty() ? 0 : troubles_ + 1;
  if (trouble == trouble_) return;
  const std::string realm = "realm \"" + realm_.settings().name + "\": ";
  if (trouble.empty()) realm_.host().log(severity::notice, realm + "mail can be sent again");
  if (!trouble.empty()) realm_.host().log(severity::error, realm + "mail waits: " + trouble);
  trouble_ = trouble;
}

}  // namespace gatehouse::operation
