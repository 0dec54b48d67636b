// What an administrator sees and changes of the users of one realm. Errors are those of database::rows_of().
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "account/database.h"
#include "account/source.h"
#include "account/store.h"
#include "account/user.h"
#include "base/result.h"
#include "base/task.h"

namespace gatehouse::account {

class user_directory {
 public:
  // The pool outlives it.
  user_directory(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  user_directory(const user_directory&) = delete;
  user_directory& operator=(const user_directory&) = delete;

  // The oldest account first. `part`: only those with it in their e-mail, in any case of letters; empty: all.
  task<result<std::vector<user>>> list_users(std::size_t skip, std::size_t take, std::string part);
  task<result<std::size_t>> count_users(std::string part);

  // nullopt leaves it as it is.
  struct change {
    std::optional<std::string> name;
    std::optional<std::string> first_name;  // of that name
    std::optional<bool> is_admin;           // the role "admin"; the others stay
    std::optional<bool> is_active;
    std::optional<bool> is_verified;
    std::optional<account::email> email;  // unverified, if it is another; another case of the same is not
    std::optional<nlohmann::json> metadata;
    std::optional<std::string> password;      // a hash: ends his sessions,
    std::optional<std::string> keep_session;  // but this one
  };
  struct letters {
    std::optional<mail_order> to_new;  // both: if the e-mail is another address now
    std::optional<mail_order> to_old;
    std::optional<mail_order> password_changed;
  };
  // The change is told to Redis by its caller, as in store.h.
  struct changed {
    user profile;
    std::optional<std::int64_t> outbox_id;  // nullopt: it does not concern his sessions
    bool ends_sessions = false;             // a kill, else an expire
  };
  using user_change = std::variant<changed, taken, absent, last_administrator>;
  task<result<user_change>> change_user(std::string user_id, change wanted, source from, letters told);

 private:
  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
