// What the opaque handles of gatehouse.h stand for while nginx reads its configuration.
#pragma once

#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "dialect/dialect.h"
#include "gate/cookie.h"
#include "gate/host_list.h"
#include "gate/rule.h"
#include "gatehouse.h"
#include "realm/block.h"
#include "realm/settings.h"
#include "session/places.h"

struct gh_api {
  const gh_realm* realm = nullptr;
  const gatehouse::dialect::dialect* spoken = nullptr;
  std::string mount;
};

struct gh_realm {
  explicit gh_realm(gh_config& of);

  gh_config* config;
  std::size_t index;  // among the realms of its configuration, and of a worker's services
  gatehouse::realm::settings settings;
  gatehouse::realm::block reading;
  bool complete = false;
  std::vector<std::unique_ptr<gh_api>> apis;
  std::unique_ptr<gh_api> hop;  // what the guard serves by itself; null: nothing
  std::string basic_challenge;  // WWW-Authenticate, where Basic is taken
  std::string pages_mount;      // where the first of its apis with pages has them; empty: no api has
};

struct gh_rule {
  gatehouse::gate::rule rule;
};

struct gh_config {
  std::string prefix;
  std::vector<std::unique_ptr<gh_realm>> realms;
  std::vector<std::unique_ptr<gh_rule>> rules;
  gatehouse::session::places::set places;  // in the zone, by gh_zone_init()
  gatehouse::gate::cookie_names cookies;   // those that no application is to see, whatever realm they are of
  nlohmann::ordered_json explained_locations = nlohmann::ordered_json::array();
  std::string explanation;
};

inline gh_realm::gh_realm(gh_config& of) : config(&of), index(of.realms.size()), reading(settings, of.prefix) {}

namespace gatehouse {

inline std::string_view view_of(gh_str text) { return {text.data, text.len}; }
inline gh_str door_string(std::string_view text) { return {text.data(), text.size()}; }

// Writes `text` into `into`, cut to fit; for what the door returns beside an error.
void say(gh_error* into, std::string_view text);

// The name of the host that a request is for.
inline std::string host_of(const gh_traits& traits) {
  return gate::host_name(view_of(traits.server.len > 0 ? traits.server : traits.host));
}

// Runs what a function of the door does; an exception becomes `failed` and, where there is one, an error text.
template <class Result, class Body>
Result guarded(gh_error* problem, Result failed, Body body) noexcept {
  try {
    return body();
  } catch (const std::exception& e) {
    if (problem != nullptr) say(problem, e.what());
  } catch (...) {
    if (problem != nullptr) say(problem, "an exception of unknown type");
  }
  return failed;
}

}  // namespace gatehouse
