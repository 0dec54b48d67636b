// What fits a client that must log in: who wants to see a page is sent to the login page, or is shown one that says so
// where he has sent something; anything else gets 401.
#pragma once

#include <string>
#include <string_view>

#include "gate/assurance.h"

namespace gatehouse::gate {

// Headers that tell a navigation from a fetch. Empty where absent.
struct navigation {
  std::string_view method;
  std::string_view fetch_mode;  // Sec-Fetch-Mode
  std::string_view fetch_dest;  // Sec-Fetch-Dest
  std::string_view accept;
  std::string_view upgrade;
  std::string_view requested_with = {};  // X-Requested-With
  std::string_view script_mark = {};     // a header that only scripts send, such as HX-Request
};

// A GET or POST by which a browser shows a page: by Fetch Metadata where the browser sends it, else, as over plain
// HTTP, by Accept, unless a script says that it asks.
bool is_navigation(const navigation& asked);
// One whose page is shown inside another one. False where the browser does not tell.
bool is_framed(const navigation& asked);
// One that loses nothing by going to another page first: the login page is never shown in a frame.
bool may_be_redirected(const navigation& asked);

// The login page, with `uri`, the path and query first asked for, as its parameter `return` if a browser may be sent
// back there, and if the whole is no longer than the request line that nginx reads unless it is told otherwise (8 KB).
std::string login_address(std::string_view login_page, std::string_view uri);

// Likewise the page where who is logged in shows what is missing.
std::string step_up_address(std::string_view step_up_page, const assurance& missing, std::string_view uri);

// The query of a login page that is the error page of a refusal: `query`, or, where that has no way back of its own,
// one to `uri`. An internal redirect may have kept the query of `uri`, which is none of the login page's.
std::string error_page_query(std::string_view query, std::string_view uri);

// WWW-Authenticate: Basic (RFC 7617); `shown`: what a client shows to who is to type a password.
std::string basic_challenge(std::string_view shown);

}  // namespace gatehouse::gate
