// What one worker holds for one realm: its clients, its stores, its cache, its part in the revocation feed. Lives as
// long as the worker.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "account/factors.h"
#include "account/links.h"
#include "account/mail_queue.h"
#include "account/retention.h"
#include "account/store.h"
#include "account/user_directory.h"
#include "account/user_tokens.h"
#include "gate/authenticator.h"
#include "gate/known_tokens.h"
#include "host/host.h"
#include "limit/limiter.h"
#include "limit/refusal_count.h"
#include "metrics/tally.h"
#include "password/admission.h"
#include "password/hasher.h"
#include "postgres/pool.h"
#include "realm/settings.h"
#include "redis/connection.h"
#include "session/feed.h"
#include "session/pending.h"
#include "session/revocations.h"
#include "session/store.h"
#include "smtp/client.h"

namespace gatehouse::realm {

class services {
 public:
  // Connects nowhere yet. `longest_access`: the longest life of any access token that the realm issues. The references
  // outlive this; `table` is empty in tests.
  services(gatehouse::host& on, const realm::settings& said, password::admission& hash_queue, seconds longest_access,
           std::optional<session::revocations> table);
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  gatehouse::host& host() { return host_; }
  const realm::settings& settings() const { return settings_; }
  metrics::tally& counts() { return counts_; }
  const session::revocations* table() const { return table_ ? &*table_ : nullptr; }
  account::store& accounts() { return accounts_; }
  account::links& links() { return links_; }
  account::user_directory& user_directory() { return user_directory_; }
  account::mail_queue& mails() { return mails_; }
  account::user_tokens& user_tokens() { return user_tokens_; }
  account::factors& factors() { return factors_; }
  account::retention& retention() { return retention_; }
  smtp::client* mail_server() { return smtp_ ? &*smtp_ : nullptr; }  // null: the realm sends no mail
  session::store& sessions() { return sessions_; }
  session::pending& pending() { return pending_; }
  limit::limiter& limits() { return limits_; }
  limit::refusals& refusals() { return refusals_; }
  password::hasher& passwords() { return passwords_; }
  gate::authenticator& authenticator() { return authenticator_; }
  gate::known_tokens& known_tokens() { return known_tokens_; }

  // See session::feed::on_doubt(). Only where there is a table; before start().
  void on_doubt(std::function<void(std::string)> what) {
    if (feed_) feed_->on_doubt(std::move(what));
  }
  // Begins to read the feed.
  void start() {
    if (feed_) feed_->start();
  }

  // Closes every connection; what waits gets an error. Destroy only after another run of the host's queue.
  void close();

 private:
  gatehouse::host& host_;
  const realm::settings& settings_;
  std::optional<session::revocations> table_;
  metrics::tally counts_;
  postgres::pool postgres_;
  redis::connection redis_;
  account::store accounts_;
  account::links links_;
  account::user_directory user_directory_;
  account::mail_queue mails_;
  account::retention retention_;
  account::user_tokens user_tokens_;
  account::factors factors_;
  std::optional<smtp::client> smtp_;
  session::store sessions_;
  session::pending pending_;
  limit::limiter limits_;
  password::hasher passwords_;
  gate::authenticator authenticator_;
  gate::known_tokens known_tokens_;
  std::optional<session::feed> feed_;
  limit::refusals refusals_;
};

}  // namespace gatehouse::realm
