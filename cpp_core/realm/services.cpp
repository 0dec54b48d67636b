#include "realm/services.h"

#include <algorithm>

namespace gatehouse::realm {

namespace {

gate::token_rules token_rules_of(const settings& said, seconds longest_access) {
  return {said.name,        *said.keys,
          said.issuer,      said.audience,
          said.remote_user, said.verify_email == verify_email::off,
          *said.cookies,    said.handle_cookie ? said.handle_cookie->name() : "",
          longest_access,   said.token_cache};
}

// How long a worker may go by what it knows of a token, be it verified or looked up: that long the table and the feed
// must know of its end.
seconds longest_trust(const settings& said, seconds longest_access) {
  return std::max(longest_access, gate::known_tokens::fresh_for + said.token_grace);
}

}  // namespace

services::services(gatehouse::host& on, const realm::settings& said, password::admission& hash_queue,
                   seconds longest_access, std::optional<session::revocations> table)
    : host_(on),
      settings_(said),
      table_(std::move(table)),
      postgres_(on, *said.postgres),
      redis_(on, *said.redis),
      accounts_(postgres_, said.name),
      links_(postgres_, said.name),
      user_directory_(postgres_, said.name),
      mails_(postgres_, said.name),
      retention_(postgres_, said.name),
      user_tokens_(postgres_, said.name),
      factors_(postgres_, said.name),
      sessions_(redis_, said.name, longest_trust(said, longest_access), table_ ? &*table_ : nullptr),
      pending_(redis_, said.name),
      limits_(redis_, said.name),
      passwords_(on, said.password, hash_queue),
      authenticator_(token_rules_of(said, longest_access), table_ ? &*table_ : nullptr, &counts_),
      known_tokens_(table_ ? &*table_ : nullptr, said.token_grace),
      refusals_(redis_, said.name) {
  postgres_.count_in(counts_);
  redis_.count_in(counts_);
  passwords_.count_in(counts_);
  if (said.smtp) smtp_.emplace(on, *said.smtp);
  if (!table_) return;
  feed_.emplace(on, *said.redis, said.name, longest_trust(said, longest_access), *table_);
}

void services::close() {
  if (feed_) feed_->stop();
  if (smtp_) smtp_->close();
  redis_.close();
  postgres_.close();
}

}  // namespace gatehouse::realm
