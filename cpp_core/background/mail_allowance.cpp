#include "background/mail_allowance.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "account/letter.h"

namespace gatehouse::operation {

namespace {

constexpr seconds longest_delay{60};  // somebody may lift the limit

std::string held_back(const limit::rate& all, const std::string& key) {
  return "held back: limit_mails all=" + std::to_string(all.count) + "/" + std::to_string(all.window.count()) +
         "s is used up; it is sent when that time is over, or at once after: redis-cli del " + key;
}

}  // namespace

task<mail_allowance> allow_mail(realm::services& realm, account::queued_mail mail) {
  const limit::allowance& limits = realm.settings().limits.mails;
  const std::string of_all = realm.limits().key("mails:all", {});
  std::vector<limit::bucket> buckets;
  if (limits.account && account::is_notice(mail.letter)) {
    buckets.push_back({realm.limits().key("mails:account", {mail.letter, mail.user}), *limits.account, ""});
  }
  if (limits.all) buckets.push_back({of_all, *limits.all, ""});
  result<limit::verdict> said = co_await realm.limits().take(std::move(buckets));

  mail_allowance allowance;
  if (!said) co_return allowance;
  if (said->admitted) {
    allowance.counted = std::move(said->counted);
  } else if (said->tightest == of_all) {
    allowance.what = mail_allowance::verdict::wait;
    allowance.delay = std::min(said->reset, longest_delay);
    allowance.words = held_back(*limits.all, of_all);
  } else {
    allowance.what = mail_allowance::verdict::leave_out;
    allowance.words = "letter \"" + mail.letter + "\" not sent: this user has got " + std::to_string(said->limit) +
                      " of them already (limit_mails account=)";
  }
  co_return allowance;
}

}  // namespace gatehouse::operation
