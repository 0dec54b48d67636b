#include "gate/header_name.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/text.h"

namespace gatehouse::gate {

namespace {

constexpr std::array<std::string_view, 34> taken{"accept",
                                                 "accept-encoding",
                                                 "accept-language",
                                                 "access-control-request-headers",
                                                 "access-control-request-method",
                                                 "authorization",
                                                 "connection",
                                                 "content-encoding",
                                                 "content-length",
                                                 "content-type",
                                                 "cookie",
                                                 "date",
                                                 "depth",
                                                 "destination",
                                                 "expect",
                                                 "host",
                                                 "if-match",
                                                 "if-modified-since",
                                                 "if-none-match",
                                                 "if-range",
                                                 "if-unmodified-since",
                                                 "keep-alive",
                                                 "origin",
                                                 "overwrite",
                                                 "proxy-authorization",
                                                 "range",
                                                 "referer",
                                                 "sec-fetch-site",
                                                 "te",
                                                 "trailer",
                                                 "transfer-encoding",
                                                 "upgrade",
                                                 "user-agent",
                                                 "via"};

// Read by nginx's realip and proxy, which would take the user's name for an address.
constexpr std::array<std::string_view, 3> addresses{"forwarded", "x-forwarded-for", "x-real-ip"};

// All that applications tell apart: CGI makes "_" of "-", and PHP of every other mark.
bool is_name_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
}

bool has_a_meaning(std::string_view name) {
  std::string folded = ascii_lower(name);
  std::ranges::replace(folded, '_', '-');
  return std::ranges::find(taken, folded) != taken.end() || std::ranges::find(addresses, folded) != addresses.end();
}

}  // namespace

status check_token_header(std::string_view name) {
  if (!has_a_meaning(name)) return done{};
  return error{fault::invalid,
               "\"" + std::string(name) +
                   "\" has a meaning of its own in HTTP and cannot hold a token; write one such as X-Access-Token"};
}

status check_identity_header(std::string_view name) {
  if (name.empty() || !std::ranges::all_of(name, is_name_character)) {
    return error{fault::invalid,
                 "\"" + std::string(name) +
                     "\" is not a header name of letters, digits and \"-\"; write one such as X-Remote-User"};
  }
  if (has_a_meaning(name)) {
    return error{fault::invalid,
                 "\"" + std::string(name) +
                     "\" has a meaning of its own in HTTP and cannot carry identity; write one such as X-Remote-User"};
  }
  return done{};
}

}  // namespace gatehouse::gate
