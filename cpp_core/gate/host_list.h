// The hosts of a realm: where its users may be sent to after they have logged in at the login host, and nowhere else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace gatehouse::gate {

// The name in a Host header, as nginx compares it: lower case, without a port and a dot at its end.
std::string host_name(std::string_view host_header);

// Is it that of `name`, which is in lower case? Allocates nothing.
bool is_host_of(std::string_view host_header, std::string_view name);

class host_list {
 public:
  // A word of the directive `hosts`: a name, or one with "*." before it, or an origin such as
  // https://app.example.com:8443 or https://*.apps.example.com. A name alone is served as `usual`, the realm's
  // public_url, says: by its scheme and port.
  status add(std::string_view word, std::string_view usual);
  // A server that guards with the realm: its name, and how it listens. What the directive says of the name with a
  // scheme goes first. Where `usual` is https, a server without TLS has a front before it that speaks it.
  void add_server(std::string_view name, bool secure, unsigned port, std::string_view usual);

  // Is it the origin of one of them, exactly?
  bool contains(std::string_view origin) const;
  // The origin by which a browser knows the host of this name. One name may have several: then that of the Host header.
  std::optional<std::string> origin_of(std::string_view name, std::string_view host_header) const;
  // As origins, for GATEHOUSE_EXPLAIN.
  std::vector<std::string> texts() const;

 private:
  struct entry {
    std::string scheme;  // with "://"
    std::string name;    // of a wildcard, what follows the star: ".example.com"
    std::string port;    // with a colon; empty: the scheme's own
    bool is_wildcard;
    bool has_scheme;   // as written
    bool from_server;  // else from the directive
  };

  static bool fits(const entry& each, std::string_view name);
  bool is_superseded(const entry& each) const;

  std::vector<entry> entries_;
};

}  // namespace gatehouse::gate
