// What an operation is told, whatever the dialect it was said in. A dialect's field table fills it by member pointer.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <variant>

#include "base/secret.h"
#include "gate/identity.h"

namespace gatehouse::operation {

struct input {
  std::optional<std::string> name;
  std::optional<std::string> email;  // as typed; at login any identifier
  std::optional<std::string> username;
  std::optional<nlohmann::json> metadata;  // an object
  std::optional<secret> password;
  std::optional<secret> confirm_password;
  std::optional<secret> current_password;
  std::optional<secret> refresh_token;
  std::optional<secret> pending_token;          // of a login that waits for its second factor
  std::optional<secret> browser;                // shows that a second factor was shown in it before
  std::optional<std::string> remember_browser;  // "yes": not to be asked for one again there
  std::optional<secret> code;                   // of an authenticator app, or a recovery code
  std::optional<secret> link_token;             // of a link that was sent by mail
  std::optional<std::string> id;                // of the path: which of several
  std::optional<std::string> user_id;           // of the path: whose, where it is not the bearer's
  std::optional<std::string> csrf_token;        // shows that a page of ours has sent it; the dialect's to judge
  std::optional<std::string> given_name;        // of a dialect that has the name in two parts, and puts it together too
  std::optional<std::string> family_name;
  std::optional<std::string> role;  // as the dialect calls it, for is_admin
  std::optional<std::string> skip;  // of a long list: how many rows
  std::optional<std::string> take;  // and how many to show
  std::optional<std::string> page;  // instead of skip: which one of that many, from 1 on
  std::optional<std::string> part;  // of an e-mail: who has it is shown
  std::optional<bool> is_admin;     // what an administrator says of a user
  std::optional<bool> is_active;
  std::optional<bool> is_verified;
  std::optional<std::string> scopes;          // of a token: words, apart by spaces
  std::optional<std::string> networks;        // likewise
  std::optional<std::string> expires;         // its last day
  std::optional<std::string> path;            // of a URL to sign, with its query
  std::optional<std::string> host;            // of its host
  std::optional<std::int64_t> expires_in;     // how long it is to be good, in seconds
  std::optional<std::string> return_address;  // where a browser wants to go afterwards; not judged yet

  std::optional<std::string> origin;     // of the host that a session is to be handed over to
  std::optional<std::string> state;      // by which the browser knows its hand-over there
  std::optional<std::string> challenge;  // of the verifier in its cookie (RFC 7636)
  std::optional<secret> hand_over_code;  // that the login host gave
  std::optional<secret> verifier;        // empty: the browser has none for this state

  std::optional<std::string> credential_id;  // of a passkey; here and below in base64url
  std::optional<std::string> client_data;    // that the browser has made of its answer
  std::optional<std::string> authenticator_data;
  std::optional<std::string> signature;
  std::optional<std::string> user_handle;
  std::optional<std::string> public_key;
  std::optional<std::string> asked_browser;  // known by a cookie of its own, where a passkey's challenge was given

  std::optional<std::string> acr_values;  // what a session has to show (gate/assurance.h); anybody can have written it
  std::optional<std::string> max_age;

  std::optional<std::string> remember;        // "yes": to be kept logged in when the browser is closed
  std::optional<std::string> remember_asked;  // there was a box for it

  bool ambiguous_session = false;  // two tokens of one kind were shown: neither of them is here
  gate::identity_ref bearer;       // who the request's access token says it is from; empty without one
};

// Names one of the fields above, so that a dialect can say which of its own members is meant.
using field_id = std::variant<std::optional<std::string> input::*, std::optional<secret> input::*,
                              std::optional<nlohmann::json> input::*, std::optional<bool> input::*,
                              std::optional<std::int64_t> input::*>;

}  // namespace gatehouse::operation
