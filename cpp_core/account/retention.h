// What is deleted when its time is over. Errors are those of database::rows_of().
#pragma once

#include <string>
#include <utility>

#include "account/database.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/task.h"

namespace gatehouse::account {

class retention {
 public:
  // The pool outlives it.
  retention(postgres::pool& pool, std::string realm) : database_(pool), realm_(std::move(realm)) {}
  retention(const retention&) = delete;
  retention& operator=(const retention&) = delete;

  // Deletes audit events older than `audit`, mails that were sent 7 days ago or have failed 30 days ago, and links that
  // expired 30 days ago; a thousand of each at most, so that it takes no long time however many there are. True: there
  // are more.
  task<result<bool>> prune(seconds audit);

 private:
  database database_;
  const std::string realm_;
};

}  // namespace gatehouse::account
