// The users of one realm in PostgreSQL. All SQL of the project is in this room and in sql/; each write is one
// statement, and its audit row (REQUIREMENTS 62) and the mail it causes are written with it. All times are
// PostgreSQL's. Errors are those of database::rows_of().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "account/database.h"
#include "account/email.h"
#include "account/letter.h"
#include "account/source.h"
#include "account/user.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"
#include "postgres/pool.h"

namespace gatehouse::account {

struct known_user {
  user profile;
  std::optional<std::string> password;       // PHC string; nullopt: no password was ever set
  std::optional<std::string> pending_email;  // asked for, and not confirmed yet
};

struct new_user {
  account::email email;
  std::string name;
  std::optional<std::string> username;                   // no '@': it could be taken for an e-mail
  std::optional<std::string> first_name = std::nullopt;  // how much of the name is that; not with create_quietly()
  nlohmann::json metadata = nlohmann::json::object();
  bool active = true;  // else nobody can log in yet; not with create_quietly()
};

// What to change; nullopt leaves it as it is.
struct profile_changes {
  std::optional<std::string> name;
  std::optional<std::string> first_name;  // of that name
  std::optional<account::email> email;    // a new address is unverified; another case of the same is not new
  std::optional<std::string> username;
  std::optional<nlohmann::json> metadata;  // replaces the whole object
};

// Who is written to about a new e-mail.
struct email_letters {
  std::optional<mail_order> to_new;       // the e-mail that was changed to, or the pending one
  std::optional<mail_order> to_old;       // if it is another address now
  std::optional<account::email> pending;  // is not stored: its link will bring it
};

// No such user in this realm, or no longer in the state that the call expected.
struct absent {};
// Without this user nobody who has the role "admin" could log in to the realm.
struct last_administrator {};

using creation = std::variant<user, taken>;

// A change that concerns sessions is told to Redis by its caller, who then calls finish(). Should the caller die
// before, take_revocations() hands it to someone else some seconds later: nothing is left undone.
struct profile_changed {
  user profile;
  std::optional<std::int64_t> outbox_id;  // of an expire, with a new e-mail; nullopt: there is nothing for the caller
};
using profile_change = std::variant<profile_changed, taken, absent>;

struct password_changed {
  user profile;  // with the new auth_version
  std::int64_t outbox_id;
};
using password_change = std::variant<password_changed, absent>;

struct removed {
  std::int64_t least_auth_version;  // above every version the user ever had
  std::int64_t outbox_id;
};
using removal = std::variant<removed, absent, last_administrator>;

// Sessions of the user with a smaller auth_version end (kill), or must refresh and get the user anew (expire). Or one
// of his tokens has ended (end), which is a session to the guard.
struct revocation {
  enum class effect { kill, expire, end };

  std::int64_t outbox_id;
  std::string user_id;
  std::int64_t least_auth_version;
  effect what;
  std::optional<std::string> keep_session;  // survives a kill
  std::string token_id = {};                // with `end`
};

class store {
 public:
  // The pool outlives the store.
  store(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  store(const store&) = delete;
  store& operator=(const store&) = delete;

  // Is the server there and its schema new enough? An error names the migration to apply.
  task<status> ready() { return database_.ready(); }

  // By e-mail in any case of letters, or by username, likewise. Any bytes may be asked for.
  task<result<std::optional<known_user>>> find_by_login(std::string identifier);
  task<result<std::optional<known_user>>> find(std::string user_id);

  task<result<creation>> create(new_user who, std::string password, source from,
                                std::optional<mail_order> greeting = {});
  // The same for an address of which nobody may learn whether it is taken. Then its owner is written to instead.
  task<status> create_quietly(new_user who, std::string password, source from, mail_order greeting,
                              mail_order to_owner);

  // Both only while the user's auth_version is `expected`: what was checked against the old password still holds.
  // nullopt: whatever it is, but then the e-mail does not change (absent).
  task<result<profile_change>> change_profile(std::string user_id, profile_changes changes,
                                              std::optional<std::int64_t> expected, source from,
                                              email_letters letters = {});
  task<result<password_change>> change_password(std::string user_id, std::string password, std::string keep_session,
                                                std::int64_t expected, source from,
                                                std::optional<mail_order> notice = {});
  // The same password under other parameters (REQUIREMENTS 50): ends no session. False: it was changed meanwhile.
  task<result<bool>> replace_hash(std::string user_id, std::string old_password, std::string new_password);
  // `keeps_admin`: not if he is the last administrator.
  task<result<removal>> remove(std::string user_id, bool keeps_admin, source from);

  // False: no such user. `notice`: unless it is his first login, or he has come with this address and user agent
  // within 90 days.
  task<result<bool>> record_login(std::string user_id, source from, std::optional<mail_order> notice = {});
  task<result<bool>> record_logout(std::string user_id, source from);
  // Any other outcome, e.g. "login_failed"; `user_id` empty: unknown. Never put what was typed into `detail`: people
  // type passwords into the wrong field.
  task<status> record_event(std::string event, std::string user_id, nlohmann::json detail, source from);
  // "attempts_refused", several at once: an array of objects with address, detail and, if it is known, user_id.
  task<status> record_refusals(nlohmann::json rows);

  // At most `limit` revocations that are due, the oldest first. Each is this caller's for 30 s; unless finished by then
  // it is due again. Telling Redis twice does no harm. An expire is not due before the user's earlier kills are
  // finished: it would raise the sessions they are to end above them.
  task<result<std::vector<revocation>>> take_revocations(std::size_t limit);
  // `due` is called as soon as an administrator's change has made a revocation due, if PostgreSQL can tell us (no
  // PgBouncer in between): ask from time to time too. Before the first use of the pool.
  void on_revocation(std::function<void()> due);
  // Which of these sessions must not live: he has logged out of it, the user is gone or disabled, or he has changed in
  // a way that Redis has not heard of and that no revocation is under way for.
  struct open_session {
    std::string session_id;
    std::string user_id;
    std::int64_t auth_version;
    unix_seconds created_at;
  };
  struct ended_session {
    std::string session_id;
    std::string user_id;
    // If its auth_version is too low: what it was. nullopt: it has ended whatever that is.
    std::optional<std::int64_t> auth_version;
  };
  task<result<std::vector<ended_session>>> ended_among(std::vector<open_session> open);

  task<status> finish(std::int64_t outbox_id);
  // They could not be carried out: due again in a second.
  task<status> put_back(std::vector<std::int64_t> outbox_ids);

 private:
  task<result<std::optional<known_user>>> find_one(std::string condition, std::string value);

  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
