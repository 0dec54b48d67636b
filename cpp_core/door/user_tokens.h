// The guard's side of users' tokens: those that a request shows, as far as they count at its location.
#pragma once

#include "door/configuration.h"
#include "door/worker.h"
#include "gate/presented_token.h"

namespace gatehouse {

// What a request's headers show.
class shown_token {
 public:
  // `credentials` outlives this.
  explicit shown_token(const gh_credentials& credentials);
  const gate::presented_token& get() const { return token_; }

 private:
  // Two are enough to see that they are too many.
  struct two {
    two(const gh_str* from, std::size_t count);
    std::array<std::string_view, 2> views;
    std::size_t count;
  };

  two authorization_;
  two api_keys_;
  gate::presented_token token_;
};

// Judges by it. False: there is none, and whatever else there is decides.
bool judge_user_token(gh_worker& worker, const gh_realm& realm, const gh_credentials& credentials,
                      gh_decision* decision);

}  // namespace gatehouse
