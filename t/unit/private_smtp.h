// An SMTP server of a test's own (t/http/smtp_server.py): private_smtp smtp; smtp.behave(R"({"RCPT": …})");
// smtp.mails()
#pragma once

#include <string>
#include <vector>

#include "private_server.h"

namespace gatehouse {

// A certificate for the names ("DNS:localhost,IP:127.0.0.1") that is its own CA; where it is, and its key.
struct private_certificate {
  private_certificate(const private_folder& folder, const std::string& names);

  std::string file;
  std::string key;
};

class private_smtp {
 public:
  // Started, on 127.0.0.1. `options` are smtp_server.py's, e.g. {"--user", "ann", "--password", "secret"}.
  explicit private_smtp(const std::vector<std::string>& options = {});

  int port() const { return port_; }
  const private_folder& folder() const { return folder_; }
  private_server& server() { return server_; }

  // From the next step on; see smtp_server.py.
  void behave(const std::string& json) const;

  struct mail {
    std::string bytes;
    std::string from;
    std::vector<std::string> to;
    std::string user;
    bool tls = false;
    int connection = 0;  // its number; the server's start has used some
  };
  // All so far, oldest first.
  std::vector<mail> mails() const;

  // "3 MAIL FROM:<…>" and so on, each of a command or of another step of smtp_server.py.
  std::vector<std::string> steps() const;
  bool has_step(const std::string& part) const;

 private:
  private_folder folder_;
  int port_;
  private_server server_;
};

}  // namespace gatehouse
