// Links that are sent by mail, each good once, for one purpose, one user and one e-mail (REQUIREMENTS 54, 55). Asking
// for one leaves a mail in the outbox; its token is made when that mail is sent (mail_queue.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "account/database.h"
#include "account/letter.h"
#include "account/source.h"
#include "account/user.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"

namespace gatehouse::account {

// Why a link is no good. A used one is as unknown as one that never was, or that a newer one has replaced.
enum class dead_link { expired, unknown };

// Whom a link is for, as long as it is good.
using link_owner = std::variant<user, dead_link>;

// The change is told to Redis by its caller, as in store.h: an expire after verify(), a kill after reset_password().
struct link_used {
  user profile;
  std::int64_t outbox_id;
};
// taken: the new e-mail is another user's by now.
struct email_taken {};
using link_use = std::variant<link_used, dead_link, email_taken>;

class links {
 public:
  // The pool outlives it.
  links(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  links(const links&) = delete;
  links& operator=(const links&) = delete;

  // Orders a mail with a link to whoever has this e-mail. What is written is the same for nobody's (REQUIREMENTS 52):
  // who it is for is found out when the mail is sent. `event`: for the audit trail.
  task<status> request(std::string email, mail_order letter, std::string event, source from);

  // Both look, and use nothing up.
  task<result<link_owner>> find_verification(secret token);
  task<result<link_owner>> find_reset(secret token);

  // Both use the token up, or change nothing. Of two at once one finds it unknown.
  //
  // The e-mail is verified; that of a change takes the place of the old one, which is written to.
  task<result<link_use>> verify(secret token, std::optional<mail_order> to_old, source from);
  // The e-mail is verified too, for the mail got there.
  task<result<link_use>> reset_password(secret token, std::string password, std::optional<mail_order> notice,
                                        source from);

 private:
  task<result<link_owner>> find(secret token, std::string purposes);
  task<result<dead_link>> reason(std::string hash, std::string purposes);

  database database_;
  const std::string realm_;
};

// What one_time_tokens has of a token, as a statement's parameter: SHA-256 in hexadecimal, to be decoded there.
std::string hash_of(const secret& token);

}  // namespace gatehouse::account
