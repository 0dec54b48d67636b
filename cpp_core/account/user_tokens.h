// Tokens of users, for clients that are no browser (sql/015_user_tokens.sql). Errors are those of database::rows_of().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "account/database.h"
#include "account/letter.h"
#include "account/source.h"
#include "account/user.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace gatehouse::account {

struct user_token {
  std::string id;
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> networks;  // CIDR
  unix_millis created_at = 0;
  std::optional<unix_millis> expires_at;
  std::optional<std::string> last_used_on;  // YYYY-MM-DD
  std::string last_used_address;
  std::string last_used_agent;
};

struct new_user_token {
  std::string name;
  std::vector<std::string> scopes;
  std::vector<std::string> networks;
  std::optional<std::string> last_day;  // YYYY-MM-DD: good until that day is over, UTC
};

struct user_with_token {
  user owner;
  user_token token;
};

// A user has as many as he may have.
struct too_many_tokens {};
using token_creation = std::variant<user_token, too_many_tokens>;

// The change is told to Redis by its caller, as in store.h.
struct token_ended {
  std::int64_t outbox_id;
};

class user_tokens {
 public:
  static constexpr int most_of_a_user = 100;

  // The pool outlives it.
  user_tokens(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  user_tokens(const user_tokens&) = delete;
  user_tokens& operator=(const user_tokens&) = delete;

  // In hexadecimal, here and below: the SHA-256 of the token. nullopt: nobody's, or it has expired, or its user is
  // disabled. Records that it is used, from where and on which day, where that has changed.
  task<result<std::optional<user_with_token>>> use(std::string sha256, source from);

  // `by`, here and below, for the audit trail: the id of the administrator who does it; nullopt: the user himself.

  // The newest first.
  task<result<std::vector<user_token>>> list(std::string user_id);
  task<result<token_creation>> create(std::string user_id, new_user_token wanted, std::string sha256, source from,
                                      std::optional<mail_order> notice, std::optional<std::string> by);
  // False, or nullopt: the user has no such token.
  task<result<bool>> rename(std::string user_id, std::string id, std::string name, source from);
  task<result<std::optional<token_ended>>> end(std::string user_id, std::string id, source from,
                                               std::optional<std::string> by);

  // A user for a machine, as gatehouse.create_service_account() makes them: nobody can log in.
  task<result<bool>> is_service_account(std::string user_id);

 private:
  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
