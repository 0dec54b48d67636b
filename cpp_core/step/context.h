// What every operation is given: the realm's services, the client that asks, and from where.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "account/letter.h"
#include "account/user.h"
#include "realm/services.h"
#include "session/session.h"
#include "step/outcome.h"

namespace gatehouse::operation {

// What a dialect asks of a session. Static data of the dialect.
struct client {
  std::string_view name;  // the session remembers it; its refresh token is worth nothing to another
  session::policy policy;
  seconds access_lifetime;                              // unless the realm sets one
  seconds refresh_lifetime;                             // idle; unless the realm sets one
  nlohmann::json (*claims)(const account::user& user);  // the dialect's own claims of the access token

  // Where the links in mails lead, up to the token: a path of this site, or, without a slash before it, one below the
  // mount.
  std::string_view verify_link = "verify?token=";
  std::string_view reset_link = "reset?token=";
  // Where a realm has a page of its own for the reset, up to "?token=": an absolute URL or a path of this site. Empty
  // or null: reset_link.
  std::string realm::settings::*reset_page = nullptr;
  std::string_view reset_letter = account::letter::reset;  // in which that link comes
  seconds verify_lifetime{24 * 3600};                      // of such a link, unless the realm sets one
  seconds reset_lifetime{15 * 60};                         // likewise
  bool has_pages = false;                                  // login, forgot and account are pages below the mount
  bool reveals_taken = false;  // register says that an e-mail is taken, even where none may log in unverified
  bool email_at_once = false;  // a changed e-mail counts before it is confirmed
  // The cookie by which the client keeps a handle of its session instead of a refresh token (step/session_handle.h).
  // Not with policy rotating. Empty: it keeps the refresh token.
  std::string_view handle_cookie = {};
  // Who asks for a mail is told that it was sent, even if what he typed is no address: then there is nothing to send.
  bool takes_any_address = false;
  bool keeps_tokens_in_cookies = false;  // a browser does, which drops what is too long
  bool keeps_admin = false;       // its users administrate the realm: the last administrator cannot remove himself
  bool theft_ends_all = false;    // a refresh token used again ends all the user's sessions of this client
  bool register_signs_in = true;  // else whoever has registered logs in next
  // Whether who was not asked to be kept logged in is, until the session ends; else until the browser is closed. The
  // directive `remember` goes first.
  bool keeps_unasked = true;
  // A profile is changed by who has logged in recently, through this client, without current_password.
  bool recent_login_proves = false;
  bool may_change_nothing = false;  // a change of the profile that names nothing to change succeeds
  // Who has a second factor is asked for it; else he is told to log in elsewhere, unless the realm's mfa_exempt lets
  // the client be.
  bool answers_challenges = false;
  bool admins_only = false;  // whoever is no administrator cannot log in
  // Its refresh token is a handle too (step/session_handle.h), in the form of a UUID. Not with policy rotating.
  bool opaque_refresh = false;
};

struct context {
  realm::services& realm;  // outlives every flow
  const client& asked_by;
  std::string address;
  std::string user_agent;
  std::string request_id;
  std::string mount{};     // of the endpoints, e.g. "/auth/"
  std::string language{};  // the Accept-Language header
  std::string host{};      // the name of the one that was asked; a seat's tokens are good at their own only

  // For a failure that the user cannot mend: one line in the log, and the refusal that fits it.
  outcome fail(std::string_view doing, const error& failure) const;
  // For what the operator must know although nothing of ours has failed: at level error, which is the least that
  // nginx logs unless told otherwise.
  void report(std::string_view doing, const error& what) const;
  // For a failure that does not change the answer.
  void warn(std::string_view doing, const error& failure) const;
};

}  // namespace gatehouse::operation
