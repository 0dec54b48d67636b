// Passwords in, PHC strings out, and back: the work runs on the host's hash threads, the event loop only waits.
//
// A password is its bytes. Nothing is cut, trimmed or ended by a NUL, and Unicode is not normalised (REQUIREMENTS 49):
// normal forms depend on a table that grows every year, so a hash made under one version might fail under another, and
// a client that sends another form of the same text is better told than guessed at. What is typed on one keyboard comes
// in one form.
#pragma once

#include <functional>
#include <string>

#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "host/host.h"
#include "metrics/tally.h"
#include "password/admission.h"
#include "password/parameters.h"

namespace gatehouse::password {

struct verdict {
  bool matches = false;
  bool outdated = false;  // made with other parameters than the settings': when it matches, replace it by hash()
  std::string unusable;   // why the stored hash can be verified with no password, for the log; empty: it can
};

// One per realm and worker. Errors of both calls: overloaded, the queue is full: 503 with Retry-After; unavailable, no
// memory for the hash; internal, for the log.
class hasher {
 public:
  // `on` and `queue` outlive the hasher and every flow that uses it. Jobs under way own all they touch.
  hasher(host& on, const settings& chosen, admission& queue);
  hasher(const hasher&) = delete;
  hasher& operator=(const hasher&) = delete;

  // Counts how long hashes take, with their wait for a thread.
  void count_in(metrics::tally& counts) { counts_ = &counts; }

  // The PHC string, with a salt of 128 random bits. invalid: more than most_bytes.
  task<result<std::string>> hash(secret password);

  // `stored` is from the database: a PHC string, or a hash of password/imported_hash.h, which is always outdated. One
  // of another kind, malformed or absurdly expensive is unusable: nothing matches it. What does not match costs at
  // least what the decoy does, also where the hash is cheaper (REQUIREMENTS 52). A password of more than most_bytes
  // never matches.
  task<result<verdict>> verify(secret password, std::string stored);

  // What to verify when there is no such user, so that it costs the same (REQUIREMENTS 52). Nothing matches it.
  const std::string& decoy() const { return decoy_; }

 private:
  template <class T>
  task<result<T>> run(std::function<result<T>()> work);

  host& host_;
  parameters cost_;
  int nice_;
  metrics::tally* counts_ = nullptr;
  admission& queue_;
  std::string decoy_;
};

}  // namespace gatehouse::password
