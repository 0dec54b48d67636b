// The values of a session. Times are Unix seconds on Redis' clock, so that every node means the same by them.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/clock.h"

namespace gatehouse::session {

enum class policy {
  rotating,  // every refresh replaces the refresh token; an old one is theft
  fixed,     // the first refresh token serves to the end
  single,    // fixed, and a second log-in with the same client is refused while this one lives
};

struct lifetimes {
  seconds access{};    // of an access token
  seconds idle{};      // of a refresh token
  seconds absolute{};  // of the session, however busy (REQUIREMENTS 32)
  seconds grace{};     // how long the immediate predecessor still gets the same successor; 0: never (31)
};

// What a log-in knows.
struct opening {
  std::string user_id;
  std::int64_t auth_version = 0;  // as read with the user
  std::string user_json;          // for claims and bodies
  std::string client;             // the dialect
  session::policy policy = policy::rotating;
  session::lifetimes lifetimes;
  std::string address;
  std::string user_agent;  // cut to 256 bytes
  std::string amr;         // how the user has proved who he is (RFC 8176): words apart by spaces
  std::string key_id;      // of the refresh key that will sign generation 1
  // A hash of what the client keeps instead of the refresh token; it leads to the session. Only where that stays the
  // same: not with policy rotating. Empty: none.
  std::string alias;
  bool persistent = true;  // its cookies outlive the browser that has them
};

// What is needed to make the refresh token of the current generation, byte for byte, and an access token beside it.
struct head {
  std::string sid;  // a random UUID, never what a client sent (34); no credential
  std::string user_id;
  std::int64_t generation = 0;
  std::string key_id;
  unix_seconds issued_at = 0;   // of the refresh token
  unix_seconds expires_at = 0;  // of the refresh token, and of the session if it is not refreshed
  std::int64_t auth_version = 0;
  std::string user_json;
  std::string client;
  session::policy policy = policy::rotating;
  unix_seconds auth_time = 0;
  unix_seconds created_at = 0;
  std::string amr;
  bool persistent = true;
  std::string seat;  // whose generation it is, and at which host; empty: of the login itself
  std::string host;
  unix_seconds now = 0;  // of this answer: the access token's iat, which the floor of the zone is compared with
};

// Why a session was not opened.
struct stale_auth_version {};  // the user has changed since he was read: read him again
struct already_open {};        // policy single, and he is logged in with this client
using opened = std::variant<head, stale_auth_version, already_open>;

// What a refresh token's verified claims say, and what its successor needs.
struct renewal {
  std::string sid;
  std::string user_id;
  std::int64_t generation = 0;
  std::string seat;  // empty: the login itself
  std::string client;
  session::lifetimes lifetimes;
  std::string key_id;
  std::string address;
  std::string user_agent;
};

// What a client shows that keeps no refresh token.
struct resumption {
  std::string alias;
  std::string client;
  session::lifetimes lifetimes;
  std::string address;
  std::string user_agent;
};

// Its user has proved anew who he is: what the session gains by it.
struct step_up {
  std::string sid;
  std::string user_id;
  std::string client;
  std::string amr;   // what was shown now (RFC 8176), words apart by spaces
  std::string host;  // whose seat asks; empty: the login itself
  session::lifetimes lifetimes;
};

// A session is at one host, that of its login, and goes to another by a code that is good once.
struct hand_over {
  std::string sid;
  std::string user_id;
  std::string client;
  std::string code_hash;
  std::string origin;     // of the host that it goes to
  std::string challenge;  // to which that host knows the verifier (RFC 7636)
};

// What that host shows.
struct arrival {
  std::string code_hash;
  std::string origin;
  std::string challenge;
  std::string host;  // its name
  session::lifetimes lifetimes;
  std::string key_id;
};

// A code that somebody had taken before: the session has been killed.
struct taken_twice {
  std::string sid;
  std::string user_id;
};

enum class refusal {
  absent,        // ended, expired, or never was
  theft,         // a token from before the grace, or from the future: the session has been killed
  wrong_client,  // opened through another dialect
};
using rotation = std::variant<head, refusal>;
using arrived = std::variant<head, refusal, taken_twice>;

// What end_all does with sessions whose auth_version is too old.
enum class ending {
  kill,
  expire,  // the session lives, its access tokens must be refreshed
};

// A row of "your devices" (38).
struct listed {
  std::string sid;
  std::string user_id;
  std::string client;
  unix_seconds created_at = 0;
  unix_seconds last_seen = 0;
  unix_seconds expires_at = 0;
  std::string address;
  std::string user_agent;
};

// Some of all sessions of the realm.
struct scanned {
  std::vector<listed> sessions;
  std::string next;  // where to go on; "0": that was all
};

}  // namespace gatehouse::session
