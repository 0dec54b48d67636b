// The value of a Set-Cookie header (RFC 6265 §4.1): every cookie of ours, of the realm and of the contracts, is written
// here, its attributes always in the same order: Path, Domain, HttpOnly, Secure, SameSite, and how long it lasts.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace gatehouse::gate {

struct cookie {
  std::string name;
  std::string value = {};
  std::string domain = {};  // of every host below it; empty: of the one that sets it
  bool http_only = true;    // no script reads it
  bool secure = true;       // over HTTPS only
  std::string_view same_site = "Lax";
  std::optional<seconds> lifetime = std::nullopt;  // nullopt: until the browser is closed
  bool cleared_by_date = false;                    // some contracts clear with an Expires of 1970, not with Max-Age=0
};

// Begins with __Host- where a browser would keep such a cookie: it is Secure and of one host (RFC 6265bis §4.1.3.2).
std::string cookie_name(std::string_view name, bool secure, std::string_view domain = {});
// Whether browsers give a meaning to how the name begins. They ignore the case of that.
bool has_cookie_prefix(std::string_view name);

// A name with __Host- that is not Secure, or has a domain, throws: browsers drop such a cookie without a word.
std::string set_cookie(const cookie& said);
// Has the browser forget the cookie: with the same name and attributes, or it would be another one.
std::string clear_cookie(cookie said);

}  // namespace gatehouse::gate
