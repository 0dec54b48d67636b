// A dialect is a table: which method and path means which operation, how a body becomes the operation's input, and how
// an outcome becomes a response. Five wire contracts, one core.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "dialect/request.h"
#include "limit/rate.h"
#include "step/context.h"
#include "step/input.h"
#include "step/outcome.h"

namespace gatehouse::dialect {

// A member of a request's body and the input it becomes.
struct field {
  std::string_view member;  // its name on the wire
  operation::field_id target;
  bool required;
};

enum class credential {
  none,
  bearer,           // a valid access token, else 401
  bearer_if_alone,  // the same, unless the body brings a refresh token; the body may be empty
  session,          // a valid access token, else a refresh token that makes one, silently; else 401
  session_or_why,   // the same; who shows a genuine token and has been deactivated is told so
  refresh,          // a refresh token that is not in the body, else as one that is no good
  whatever,         // the access token's user and the refresh token, as far as they are there, once, and good
};

struct route {
  std::string_view method;
  std::string_view
      path;  // after the mount; a segment ":id" or ":user" stands for any one and becomes the input's, ":name" for any
  task<operation::outcome> (*run)(operation::context ctx, operation::input in);
  credential needs;
  std::span<const field> fields;  // of the body, of a GET its query; none: it has no body
  int success;                    // status
  bool query_or_body = false;     // whatever the method, its fields may be in the one or in the other
};

struct response {
  int status = 500;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  void add_header(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
  bool has_header(std::string_view name) const;  // as add_header() spelt it
};

// The credentials in a request. The dialect knows where to find them, but not whether they are good.
struct presented {
  std::optional<secret> access;
  std::optional<secret> refresh;
  bool malformed = false;    // an access token that is none: 401
  bool conflicting = false;  // two of one kind, of which neither is here: 400

  bool nothing() const { return !access && !refresh && !malformed && !conflicting; }
};

// A body, or a query, read by a route's field table.
struct decoded {
  operation::input in;                    // as far as it could be read
  std::optional<operation::refused> why;  // it cannot be used, field by field
};

// What an encoder knows beside the outcome.
struct exchange {
  const route& matched;
  const realm::settings& realm;
  const request& asked;
  // What was sent, for a form that is shown again: member and value, secrets left out.
  std::vector<std::pair<std::string_view, std::string>> typed;

  std::string_view typed_as(std::string_view member) const;  // empty: it was not sent
};

// For an outcome that none of the dialect's routes leads to: throws. Such a defect is logged, and is 500 to the client.
[[noreturn]] void refuse_outcome(const exchange& about);

struct dialect {
  std::string_view name;
  operation::client client;
  std::span<const route> routes;
  // `content_type` is empty for a query.
  decoded (*decode)(const route& matched, std::string_view content_type, std::string_view body);
  presented (*find_tokens)(const request& asked, const realm::settings& realm);
  response (*encode)(const exchange& about, const operation::outcome& outcome);
  // For what no operation has seen: an unknown path, a wrong method, an error of nginx's own.
  response (*encode_status)(const request& asked, const realm::settings& realm, int status);
  // Puts the tokens of a session that was renewed silently into the answer.
  void (*add_tokens)(const exchange& about, const operation::issued_tokens& tokens, response& answer) = nullptr;
  // Refuses a request before its route is looked for, unless it is a CORS preflight. nullopt: it may go on; null: every
  // request may.
  std::optional<response> (*refuse_first)(const request& asked, const realm::settings& realm) = nullptr;
  // Answers a request to a route before its operation runs, by its headers and what was typed. nullopt: the operation
  // is to run; null: it always is.
  std::optional<response> (*refuse_early)(const exchange& about) = nullptr;
  // Adds to the operation's input what is neither in the body nor in the query; null: nothing is added.
  void (*read_more)(const request& asked, const realm::settings& realm, operation::input& in) = nullptr;
  // Turns the refusal of a body into an outcome that shows the page again, on routes that need a session. null: the
  // refusal is the outcome.
  task<operation::outcome> (*show_again)(operation::context ctx, operation::input in,
                                         operation::outcome refusal) = nullptr;
  // Cookies of its own beside the realm's, and request headers with its tokens, which no application is to see.
  std::span<const std::string_view> cookies = {};
  std::span<const std::string_view> token_headers = {};
  // It sets cookies: what another site's page sends is refused.
  bool sets_cookies = false;
  // How often one client may call each route whose method is not a safe one; null: as often as he likes.
  limit::rate realm::settings::*rate = nullptr;
  // The headers that a page of an allowed origin may send and read (CORS) beside those that any page may.
  std::string_view request_headers = "Authorization, Content-Type";
  std::string_view response_headers = "Retry-After, WWW-Authenticate";
  // It shows pages itself, from the realm's folder of templates: below this path after the mount, "login" and "assets/"
  // among them. nullopt: it shows none, or, as another's side, none that the guard could send a browser to.
  std::optional<std::string_view> pages_at = {};
  // The browser's side of this dialect on the same location, whose routes go first for urlencoded bodies and for pages;
  // null: there is none.
  const dialect* pages = nullptr;
};

}  // namespace gatehouse::dialect
