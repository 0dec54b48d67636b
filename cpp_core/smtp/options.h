// Where a realm's mail goes, and in whose name: the directive
//
//   smtp smtp://HOST[:PORT] | smtps://HOST[:PORT] from=ADDRESS ["name=Display Name"] [user=NAME password_file=FILE]
//        [starttls=required|try|off] [ca_file=FILE] [timeout=30s];
//
// smtps:// is TLS from the first byte (port 465). smtp:// (port 25) begins in the clear and asks for TLS with STARTTLS:
// required, unless the host is this machine (then off: nobody listens there, and the certificate of a local server
// rarely says localhost) and there is no ca_file=. Whenever there is TLS, the certificate and its name are checked.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "smtp/message.h"

namespace gatehouse::smtp {

enum class encryption {
  none,        // smtp://, starttls=off
  if_offered,  // smtp://, starttls=try: anyone on the way can suppress it
  starttls,    // smtp://, starttls=required
  from_start,  // smtps://
};

struct options {
  std::string host;  // a name or an IP literal, without brackets
  int port = 25;
  encryption tls = encryption::starttls;
  std::string certificates;  // PEM, of ca_file: CAs to trust besides the system's; empty: the system's only

  mailbox from;
  std::string user;  // empty: no log-in
  secret password;   // as long as `user` is not empty

  millis timeout{30000};  // for one mail, from its turn to the server's last word

  std::string url() const;   // "smtp://[::1]:25", as libcurl wants it
  std::string name() const;  // "SMTP smtp://localhost:25", for error texts
};

// `words` are the directive's without its name. Runs in the master while the configuration is read: both files are read
// here, and nothing is connected or looked up. A relative file name starts at `prefix`, which ends with a slash. An
// error says what is wrong and what to write, and never shows a password.
result<options> parse_options(std::span<const std::string_view> words, const std::string& prefix);

}  // namespace gatehouse::smtp
