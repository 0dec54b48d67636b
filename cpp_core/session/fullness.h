// Says in the log, once for all workers, that the revocation table is nearly full, and of each realm whose floor has
// risen that its users pay for it. It looks every few seconds: no entry waits for it.
#pragma once

#include <string>
#include <vector>

#include "host/host.h"
#include "session/revocations.h"

namespace gatehouse::session {

class fullness {
 public:
  explicit fullness(host& on) : host_(on), timer_(on) {}

  void watch(std::string realm, revocations table) { watched_.push_back({std::move(realm), table}); }
  // From now on, until destroyed. Keeps no quitting worker alive.
  void start();

 private:
  struct watched {
    std::string realm;
    revocations table;
  };
  void look();
  void look_at_fill(const revocations& table, unix_seconds now);
  void look_at_floor(const watched& at);

  host& host_;
  timer timer_;
  std::vector<watched> watched_;
};

}  // namespace gatehouse::session
