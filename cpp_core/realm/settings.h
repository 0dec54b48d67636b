// What a realm block of nginx.conf says, checked and with its defaults. Read-only once the block is complete.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "account/email.h"
#include "base/clock.h"
#include "gate/cookie_pair.h"
#include "gate/handle_cookie.h"
#include "gate/host_list.h"
#include "gate/identity.h"
#include "gate/login_cookies.h"
#include "limit/allowance.h"
#include "password/blocklist.h"
#include "password/parameters.h"
#include "postgres/options.h"
#include "realm/letter_templates.h"
#include "redis/options.h"
#include "smtp/options.h"
#include "token/key_set.h"
#include "view/folder.h"

namespace gatehouse::realm {

enum class registration { closed, open, domain };
// Whether an e-mail counts as its owner's: off trusts what people type, on asks for proof, required asks before login.
enum class verify_email { off, on, required };

// Whether a login outlives the browser: always, never, or as the user says.
enum class remember { on, off, ask };

// Whether logins ask for a second factor: never, of who has one, or of everybody, and who has none gets one.
enum class mfa { off, optional, required };

// How the pages and mails present themselves.
struct site {
  std::string name;               // default: the host of public_url
  std::string logo;               // a path on this site; empty: none
  std::string color = "#1f5c4d";  // #rrggbb
};

// Which notices are mailed, beside those that must be.
struct notices {
  bool login = true;     // a login from where the user has not been before
  bool password = true;  // a changed password
};

struct settings {
  std::string name;
  std::optional<postgres::options> postgres;
  std::optional<redis::options> redis;
  std::optional<token::key_set> keys;
  std::string public_url;  // an origin, without a trailing slash
  std::string issuer;      // default: public_url
  std::string audience;    // default: the realm's name
  realm::registration registration = registration::closed;
  std::vector<std::string> registration_domains;  // lower case
  gate::remote_user remote_user = gate::remote_user::email;
  realm::verify_email verify_email = verify_email::on;
  password::settings password;
  password::blocklist blocklist;
  limit::allowances limits;
  std::optional<seconds> access_lifetime;   // default: the dialect's
  std::optional<seconds> refresh_lifetime;  // idle; default: the dialect's
  seconds session_lifetime{90 * 24 * 3600};
  seconds refresh_grace{10};
  seconds token_grace{600};  // how long users' tokens pass that are known, while PostgreSQL is down
  seconds audit_retention{400 * 24 * 3600};
  std::size_t token_cache = 16384;  // verified tokens that each worker remembers
  std::string cookie_name = "gatehouse";
  bool cookie_secure = true;
  std::string cookie_domain;  // empty: each host has its own
  realm::remember remember = remember::ask;
  std::optional<gate::cookie_pair> cookies;          // of the three above
  std::optional<gate::cookie_pair> own_cookies;      // the same at hosts outside cookie_domain
  std::optional<gate::login_cookies> login_cookies;  // likewise of the first two
  std::optional<gate::handle_cookie> handle_cookie;  // of a dialect that is served and has one
  realm::mfa mfa = mfa::off;
  seconds mfa_grace{0};                 // with required: for how long who has no factor may log in without
  std::optional<seconds> mfa_remember;  // how long a browser is not asked again; nullopt: it always is
  std::vector<std::string> mfa_exempt;  // dialects whose clients log in by a password alone
  bool passkey_login = false;           // a passkey that verifies its user logs in without a password
  std::string rp_id;                    // whose the passkeys are; default: the host of public_url
  bool takes_tokens = false;            // some location of this nginx takes users' tokens
  bool has_usernames = false;           // people log in by them, too: the pages say so
  bool has_pages = true;                // the browser's side of `rest`
  std::string pages_directory = "/usr/share/gatehouse/pages";
  std::shared_ptr<const view::folder> pages;  // loaded for the first location that serves them
  std::vector<std::string> host_words;        // of the directive `hosts`
  gate::host_list hosts;                      // where users go on to from the login host, and nowhere else
  std::string hop_path = "/.gatehouse/";      // what the guard serves there by itself
  std::string login_path;                     // of the pages at the login host; default: where they are, or /auth/
  std::string bff_mount = "/api/iam/";        // where the dialect `bff` is served, for its pages
  realm::site site;
  bool second_login = false;                    // a client with policy single may log in again all the same
  std::string jsonapi_cookie = "refreshToken";  // its name in answers of `jsonapi`
  std::string jsonapi_same_site = "Lax";        // and its attribute
  // Where its recovery mails lead, up to "?token=": a path of this site or an absolute URL. Empty: to its own page.
  std::string jsonapi_recovery_url;
  std::string jsonapi_app_origin;          // where its forms go on to; default: public_url
  std::optional<secret> csrf_secret;       // what GET csrf-token of `csrf` must show
  limit::rate csrf_rate{10, seconds(60)};  // how often one client may call each route of `csrf`
  std::vector<std::string> return_urls;    // absolute URLs that a login may return to, beside this site's paths

  std::optional<smtp::options> smtp;  // nullopt: the realm sends no mail
  std::string mails_directory = "/usr/share/gatehouse/mails";
  std::shared_ptr<const letter_templates> letters;  // where it does
  std::optional<seconds> verify_lifetime;           // of a link; default: the dialect's
  std::optional<seconds> reset_lifetime;            // likewise
  realm::notices notices;

  // Has a browser the realm's cookies there that it has at the login host?
  bool shares_cookies_with(std::string_view host) const;
  // The cookies that a browser takes from this host.
  const gate::cookie_pair& cookies_at(std::string_view host) const;
  bool may_register(const account::email& address) const;
  // Can users have passkeys, for either?
  bool offers_passkeys() const { return passkey_login || mfa != realm::mfa::off; }
  // Of the page where browsers log in; empty: there is none.
  std::string login_url() const { return has_pages && !login_path.empty() ? public_url + login_path + "login" : ""; }
  // Can users have authenticator apps? Their secrets need a key.
  bool offers_totp() const { return mfa != realm::mfa::off && keys->sealing_key() != nullptr; }
};

}  // namespace gatehouse::realm
