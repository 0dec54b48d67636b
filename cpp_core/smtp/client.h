// A realm's way to its SMTP server, on the host's events: no thread of ours, nothing blocks (libcurl looks names up in
// threads of its own). Connects at the first mail. At most two mails are under way, the others wait their turn; an idle
// connection is kept for a few seconds for the next mail.
#pragma once

#include <memory>
#include <string>

#include "base/task.h"
#include "host/host.h"
#include "smtp/message.h"
#include "smtp/options.h"

namespace gatehouse::smtp {

struct delivery {
  enum class outcome {
    accepted,   // the server has it
    try_again,  // not now: 4xx, no connection, no TLS, no log-in, no answer in time, the connection lost midway
    refused,    // this mail, never: 5xx to its recipient or its contents, or it cannot be written
  };
  outcome what = outcome::try_again;

  // The server's reply ("250 2.0.0 Ok: queued as 4D5E", several lines as one), or our own account of what went wrong,
  // which names the server. One line of printable UTF-8, at most 500 bytes; never a password. For the outbox and the
  // log.
  std::string words;

  // With try_again: it is not about this mail; the server is down or our configuration is wrong, so that other mails
  // will meet the same. To be logged, and a reason to pause.
  bool concerns_all = false;

  bool accepted() const { return what == outcome::accepted; }
};

class client {
 public:
  // Connects nowhere. Make it while the worker starts: libcurl prepares itself here, once in a process.
  client(host& on, options to);
  // Safe with mails under way: as close(), and what waits for them may end later.
  ~client();
  client(const client&) = delete;
  client& operator=(const client&) = delete;

  // Both end within twice the timeout of the options: once for their turn to come, once for connecting and all that
  // follows.
  //
  // accepted: the server is there for a mail, which send() gives it over the same connection if it comes soon.
  task<delivery> reach();
  // The one case where a mail may arrive twice: the server's acceptance was lost or came too late, which is try_again.
  task<delivery> send(message what);

  // For the end of the worker: whatever waits gets try_again, later mails at once.
  void close();

  const options& settings() const;

 private:
  class state;
  static task<delivery> deliver(std::shared_ptr<state> by, message what);

  std::shared_ptr<state> state_;  // the mails under way have it, too
};

}  // namespace gatehouse::smtp
