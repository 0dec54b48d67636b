#include "background/replay.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gatehouse::operation {

namespace {

task<result<std::size_t>> end_again(realm::services& realm, session::census page) {
  std::vector<account::store::open_session> asked;
  for (const session::counted& each : page.sessions) {
    if (!each.has_ended) asked.push_back({each.sid, each.user_id, each.auth_version, each.created_at});
  }
  auto known = co_await realm.accounts().ended_among(std::move(asked));
  if (!known) co_return known.failure();
  for (session::counted& each : page.sessions) {
    if (each.has_ended) known->push_back({std::move(each.sid), std::move(each.user_id), std::nullopt});
  }

  std::size_t ended = 0;
  for (const account::store::ended_session& each : *known) {
    const result<bool> gone = co_await realm.sessions().end(each.session_id, each.user_id, "", each.auth_version);
    if (!gone) co_return gone.failure();
    if (*gone) ++ended;
  }
  co_return ended;
}

}  // namespace

task<result<std::size_t>> end_what_had_ended(realm::services& realm) {
  std::size_t ended = 0;
  std::string cursor = "0";
  do {
    auto page = co_await realm.sessions().count(std::move(cursor));
    if (!page) co_return page.failure();
    cursor = page->next;
    const result<std::size_t> some = co_await end_again(realm, std::move(*page));
    if (!some) co_return some.failure();
    ended += *some;
  } while (cursor != "0");
  co_return ended;
}

}  // namespace gatehouse::operation
