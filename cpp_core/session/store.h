// The sessions of one realm in Redis (6.2 or newer). Each call is one script, so it happens whole or not at all, and
// each that ends something tells the feed in the same script. What it ends is also put into this node's own table, so
// that a client that has logged out is out when it hears so; the other nodes learn it from the feed.
//
// Every call fails with fault::unavailable while Redis is down or hung, within the connection's deadline. Then nothing
// is known about whether it was carried out: say 503, never success.
//
// Keys, all in one slot of a cluster: gatehouse:{realm}:session:<sid> (hash), :sessions:<user> (ZSET of sids by
// expiry), :alias:<hash> (a sid), :code:<hash> (of a hand-over), :least:<user> (the least auth_version), :told:<sid>
// (that the feed has been told of its end), :feed (stream), :run, :alive.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "redis/connection.h"
#include "session/census.h"
#include "session/revocations.h"
#include "session/session.h"

namespace gatehouse::session {

class store {
 public:
  // `longest_access`: the longest lifetime of any access token of the realm as this node issues them; entries of the
  // feed matter that long and two minutes more, or longer for a session that another node or an earlier configuration
  // has given longer ones. `table` may be null, in tests. Both references outlive the store and its calls.
  store(redis::connection& on, std::string realm, seconds longest_access, revocations* table);

  task<result<opened>> open(opening with);

  // Refreshes (29–32). N parallel calls with one token make one new generation.
  task<result<rotation>> rotate(renewal with);

  // The session that an alias leads to. It stays as it is but for when and from where it was last seen.
  task<result<rotation>> resume(resumption with);

  // Step-up: sets auth_time, adds to amr, and has the access tokens that do not say so yet expire, at every host; the
  // head has the generation as it is. refusal::absent also where the host has no seat.
  task<result<rotation>> raise(step_up with);

  // Makes a code for a hand-over. A refusal: the session has ended, or another client has opened it.
  task<result<std::optional<refusal>>> offer(hand_over with);
  // Takes it, which makes a seat for the host. Codes are taken once: whoever comes second ends the session (RFC 9700
  // §4.5). refusal::absent: there is no such code any more, or it is for another origin or another browser, and is gone
  // now.
  task<result<arrived>> take(arrival with);

  // Logout. `sid`: from a verified token of the user, or from list(). False: Redis has no such session of this user,
  // which is as good; should Redis have lost it, its access tokens end nevertheless. `client`: not if another client
  // has opened it; empty: whichever. `highest`: nor if its auth_version is higher.
  task<result<bool>> end(std::string sid, std::string user_id, std::string client = "",
                         std::optional<std::int64_t> highest = {});
  // All sessions of the user at once, but `keep_sid` if there is one. The sids that were ended.
  task<result<std::vector<std::string>>> end_every(std::string user_id, std::string keep_sid = "");
  // Likewise those that this client opened.
  task<result<std::vector<std::string>>> end_every_of(std::string user_id, std::string client);

  // Brings the user's sessions in line with his new auth_version (36): those below `least` are killed or expired,
  // but `keep_sid` lives on untouched. In those that live the user JSON is replaced by `user_json`. An open() with less
  // is refused from now on. Repeating it, also late, changes nothing.
  struct change {
    std::string user_id;
    std::int64_t least = 0;
    ending how = ending::kill;
    std::string keep_sid;   // empty: none
    std::string user_json;  // empty: as it is
  };
  task<result<done>> end_all(change with);

  // A change that raises no auth_version, such as a name. Sessions already newer than `auth_version` are left alone.
  task<result<done>> replace_user(std::string user_id, std::int64_t auth_version, std::string user_json);

  task<result<std::vector<listed>>> list(std::string user_id);
  // `access`: the lifetime of the access token that is to be made from it, if one is.
  // `seat`: with the generation of this one; absent if it is.
  task<result<std::optional<head>>> read(std::string sid, std::optional<seconds> access = {}, std::string seat = "");
  // All sessions of the realm, a part at each call, from "0" on until its `next` is "0" again. One that begins or ends
  // meanwhile may be missing, and one may come twice.
  task<result<scanned>> scan(std::string cursor);
  // Likewise, with what background/replay.h holds them against.
  task<result<census>> count(std::string cursor);

  // What remember_run() has put there, as long as Redis does not forget it: the run id of the Redis whose sessions have
  // been held against all that had ended (session/feed.h).
  task<status> remember_run(std::string run_id);

  // Can it store? A write, because a replica or a full Redis answers PING too.
  task<result<done>> ping();

  // With `wait=N`: have N replicas what has been stored so far? Every call that ends a session asks before it answers,
  // but rotate() when it meets a theft: who asked has more to end first.
  task<result<done>> replicated();

 private:
  std::string session_key(std::string_view sid) const;
  std::string alias_key(std::string_view hash) const;
  std::string code_key(std::string_view hash) const;
  std::string sessions_key(std::string_view user_id) const;
  std::string told_key(std::string_view sid) const;
  std::string least_key(std::string_view user_id) const;
  task<result<std::vector<std::string>>> end_some(std::string user_id, std::string keep_sid, std::string client);
  // Its end matters until `until`; both times are Redis'.
  void apply(const mark& session, unix_seconds now, unix_seconds until);
  bool forgotten(const head& session) const;
  bool has_ended(std::string_view sid, std::string_view user_id, std::int64_t auth_version,
                 unix_seconds auth_time) const;
  // What Redis has answered, or what it says now if a change has come in between; nullopt: it has forgotten something.
  task<result<std::optional<head>>> up_to_date(head answered);
  task<result<std::optional<head>>> read_as_it_is(std::string sid, std::string access, std::string seat);

  redis::connection& redis_;
  const std::string realm_;
  const std::string prefix_;
  const seconds matters_;
  revocations* const table_;
};

}  // namespace gatehouse::session
