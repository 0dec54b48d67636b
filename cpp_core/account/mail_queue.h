// The mails in the outbox of one realm, as the dispatcher sees them: taken one at a time, sent or put back. The token
// of a link is the dispatcher's own: it exists in his memory, in the mail, and as a hash in one_time_tokens, nowhere
// else; its time runs from when it is sent, and a mail that is tried again has a new one.
//
//   take() → issue(), at the last moment → sent()
//   or, at any point after take(), failed(), retry(), put_back() or drop()
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "account/database.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"

namespace gatehouse::account {

struct queued_mail {
  std::int64_t id = 0;
  std::int64_t lease = 0;  // whose it is now: no two takers of a mail have the same
  std::int64_t attempt = 1;
  unix_seconds written_at = 0;
  bool moot = false;  // whom or what it was for is gone, or a newer one replaces it: not to be sent

  std::string user;  // id
  std::string letter;
  std::string to;
  std::string name;        // of the user
  std::string language;    // an Accept-Language header
  std::string link;        // up to the token; empty: it has none
  seconds lifetime{0};     // of the link
  std::string address;     // where what it tells of came from
  std::string user_agent;  // likewise
  std::string message_id;  // the left side
};

class mail_queue {
 public:
  // The pool outlives it.
  mail_queue(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  mail_queue(const mail_queue&) = delete;
  mail_queue& operator=(const mail_queue&) = delete;

  // The mail that has been due longest, if any; it is this caller's for so long.
  task<result<std::optional<queued_mail>>> take(seconds how_long);

  // Right before it is sent: from now on `token` is good for what its link is for, and no earlier one. False: it is not
  // to be sent, for it is moot by now, or somebody else's.
  task<result<bool>> issue(std::int64_t id, std::int64_t lease, secret token);

  // `words`: the server's. A mail that was sent stays sent, whoever took it meanwhile; the others do nothing if
  // somebody did.
  task<status> sent(std::int64_t id, std::string words);
  task<status> failed(std::int64_t id, std::int64_t lease, std::string words);
  task<status> retry(std::int64_t id, std::int64_t lease, std::string words, seconds after);
  // The attempt does not count: it was not about this mail.
  task<status> put_back(std::int64_t id, std::int64_t lease, std::string words, seconds after);
  task<status> drop(std::int64_t id, std::int64_t lease);

  // `due` is called when a mail has been ordered, if PostgreSQL can tell us. Before the first use of the pool.
  void on_mail(std::function<void()> due);

 private:
  task<status> change(std::string what, std::int64_t id, std::int64_t lease, std::string words, seconds after);

  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
