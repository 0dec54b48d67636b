// Which of nginx's workers tails a realm's feed. The holder shows life at least every two seconds; when it has not for
// four, or its process is gone, another may take over. Two at once, for a moment, do no harm. A worker that is quitting
// holds it for want of a better one: as long as connections keep it alive it must hear who is logged out, but any other
// worker takes the lease from it.
#pragma once

#include <cstdint>

#include "session/revocations.h"

namespace gatehouse::session {

class lease {
 public:
  explicit lease(const revocations& of);
  ~lease() { release(); }
  lease(const lease&) = delete;
  lease& operator=(const lease&) = delete;

  // Takes or keeps it, and shows life. False: another worker has it. `quitting`: is this worker to quit?
  bool hold(bool quitting);
  void release();

 private:
  bool is_mine() const;

  realm_state& state_;
  const zone& zone_;
  const std::int64_t self_;  // the pid, and a number within the process
};

}  // namespace gatehouse::session
