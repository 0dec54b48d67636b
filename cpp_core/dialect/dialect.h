// A dialect is a table: which method and path means which operation, how a body becomes the operation's input, and how
// an outcome becomes a response. Five wire contracts, one core.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/task.h"
#include "operation/context.h"
#include "operation/input.h"
#include "operation/outcome.h"

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
  bearer_if_alone,  // a valid access token, unless the body brings a refresh token; the body may be empty
  cookies,          // whatever the realm's cookies hold; none is no error
};

struct route {
  std::string_view method;
  std::string_view path;  // after the mount; a last segment ":id" stands for any one and becomes the session_id
  task<operation::outcome> (*run)(operation::context ctx, operation::input in);
  credential needs;
  std::span<const field> fields;  // of the body, of a GET its query; none: it has no body
  int success;                    // status
};

struct response {
  int status = 500;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  void add_header(std::string name, std::string value) { headers.emplace_back(std::move(name), std::move(value)); }
};

// What an answer depends on beside the outcome.
struct exchange {
  const route& matched;
  const realm::settings& realm;
  std::string return_address;  // as the client gave it; not judged yet
};

struct dialect {
  std::string_view name;
  operation::client client;
  std::span<const route> routes;
  // A body to the route's input, or what is wrong with it, field by field.
  std::variant<operation::input, operation::refused> (*decode)(const route& matched, std::string_view content_type,
                                                               std::string_view body);
  response (*encode)(const exchange& about, const operation::outcome& outcome);
  // For what no operation has seen: an unknown path, a wrong method, an error of nginx's own.
  response (*encode_status)(int status);
  // The browser's side of this dialect on the same location, whose routes go first for urlencoded bodies and for pages;
  // null: there is none. It sets cookies, so what another site's page sends to it is refused.
  const dialect* pages = nullptr;
};

// nullptr: there is none of this name.
const dialect* find(std::string_view name);
std::string names();  // for an error message
// Of any dialect's access tokens, where the realm sets none.
seconds longest_access_lifetime();

}  // namespace gatehouse::dialect
