#include "background/deliver.h"

#include <algorithm>

#include "background/mail_allowance.h"
#include "base/random.h"
#include "base/text.h"

namespace gatehouse::operation {

namespace {

constexpr std::size_t token_bytes = 32;  // REQUIREMENTS 54
constexpr std::int64_t most_attempts = 12;
constexpr seconds longest_wait{24 * 3600};
constexpr seconds longest_pause{3600};
constexpr seconds first_pause{60};

seconds pause_after(std::int64_t attempt, double spread) {
  const int doublings = static_cast<int>(std::clamp<std::int64_t>(attempt - 1, 0, 6));
  const seconds pause = std::min(first_pause * (1 << doublings), longest_pause);
  return pause + seconds(static_cast<seconds::rep>(static_cast<double>(pause.count()) * spread / 4));
}

// A server's words may name the recipient, whom the log has nowhere else.
std::string without_recipient(std::string words, const std::string& to) {
  const std::string written = ascii_lower(words);
  const std::string sought = ascii_lower(to);
  std::string shown;
  std::size_t begin = 0;
  for (std::size_t at = 0; !sought.empty() && (at = written.find(sought, begin)) != std::string::npos;) {
    shown += words.substr(begin, at - begin) + "(recipient)";
    begin = at + sought.size();
  }
  return shown + words.substr(begin);
}

void log_failure(realm::services& realm, const account::queued_mail& mail, const std::string& words) {
  const std::string id = std::to_string(mail.id);
  realm.host().log(severity::error,
                   "realm \"" + realm.settings().name + "\": mail " + id + ", letter \"" + mail.letter +
                       "\", was given up: " + without_recipient(words, mail.to) +
                       "; to have it tried again: UPDATE gatehouse.outbox SET state = 'queued', attempts"
                       " = 0, created_at = now(), due_at = now() WHERE id = " +
                       id);
}

// What becomes of the row of a mail that was not accepted.
task<status> settle(realm::services& realm, account::queued_mail mail, smtp::delivery delivery, double spread) {
  account::mail_queue& queue = realm.mails();
  const bool is_old = mail.written_at + longest_wait.count() <= now_seconds();
  const bool refused = delivery.what == smtp::delivery::outcome::refused;
  const bool counts = !delivery.concerns_all;
  if (refused || is_old || (counts && mail.attempt >= most_attempts)) {
    log_failure(realm, mail, delivery.words);
    co_return co_await queue.failed(mail.id, mail.lease, std::move(delivery.words));
  }
  if (counts) {
    co_return co_await queue.retry(mail.id, mail.lease, std::move(delivery.words), pause_after(mail.attempt, spread));
  }
  co_return co_await queue.put_back(mail.id, mail.lease, std::move(delivery.words), seconds(1));
}

// Longer than any attempt can take: whoever loses the row has given up by then, or has died.
seconds lease_for(const realm::settings& realm) {
  constexpr seconds more{15};
  return std::chrono::duration_cast<seconds>(2 * (realm.smtp->timeout + realm.postgres->timeout)) + more;
}

// Nobody needs the mail, or is to get it.
task<result<delivered>> drop(realm::services& realm, account::queued_mail mail) {
  delivered progress;
  progress.found = true;
  const status dropped = co_await realm.mails().drop(mail.id, mail.lease);
  if (!dropped) co_return dropped.failure();
  co_return progress;
}

// nullopt: the mail is not to be sent any more. The token of its link voids the link before, so it is made only when
// the server is there.
task<result<std::optional<smtp::delivery>>> send(realm::services& realm, account::queued_mail mail) {
  smtp::client& server = *realm.mail_server();
  std::optional<smtp::delivery> delivery = co_await server.reach();
  if (!delivery->accepted()) co_return delivery;
  secret token(random_base64url(token_bytes));
  const result<bool> issued = co_await realm.mails().issue(mail.id, mail.lease, token);
  if (!issued) co_return issued.failure();
  if (!*issued) co_return std::optional<smtp::delivery>();
  smtp::message written = realm.settings().letters->write(mail, token.reveal());
  delivery = co_await server.send(std::move(written));
  co_return delivery;
}

}  // namespace

task<result<delivered>> deliver_next(realm::services& realm, double spread) {
  auto taken = co_await realm.mails().take(lease_for(realm.settings()));
  if (!taken) co_return taken.failure();
  delivered progress;
  if (!taken->has_value()) co_return progress;

  progress.found = true;
  account::queued_mail mail = std::move(**taken);
  if (mail.moot) co_return co_await drop(realm, std::move(mail));
  mail_allowance allowed = co_await allow_mail(realm, mail);
  if (allowed.what == mail_allowance::verdict::leave_out) {
    realm.host().log(severity::info, "realm \"" + realm.settings().name + "\": " + allowed.words);
    co_return co_await drop(realm, std::move(mail));
  }
  if (allowed.what == mail_allowance::verdict::wait) {
    progress.trouble = allowed.words;
    const status held = co_await realm.mails().put_back(mail.id, mail.lease, std::move(allowed.words), allowed.delay);
    if (!held) co_return held.failure();
    co_return progress;
  }
  progress.tried = true;
  result<std::optional<smtp::delivery>> delivery = co_await send(realm, mail);
  if (delivery && delivery->has_value()) {
    const bool accepted = (**delivery).accepted();
    realm.counts().add(accepted ? metrics::counter::mails_accepted : metrics::counter::mails_failed);
  }
  if (delivery && delivery->has_value() && (**delivery).accepted()) {
    progress.unrecorded = acceptance{mail.id, std::move((**delivery).words)};
    co_return progress;
  }
  const status given = co_await realm.limits().give_back(std::move(allowed.counted));
  if (!given) realm.host().log(severity::warn, "taking back the count of a mail: " + given.failure().what);
  if (!delivery) co_return delivery.failure();
  if (!delivery->has_value()) co_return co_await drop(realm, std::move(mail));
  if ((**delivery).concerns_all) progress.trouble = (**delivery).words;
  const status settled = co_await settle(realm, std::move(mail), std::move(**delivery), spread);
  if (!settled) co_return settled.failure();
  co_return progress;
}

task<result<delivered>> record(realm::services& realm, acceptance had) {
  const status recorded = co_await realm.mails().sent(had.id, std::move(had.words));
  if (!recorded) co_return recorded.failure();
  delivered progress;
  progress.found = true;
  co_return progress;
}

}  // namespace gatehouse::operation
