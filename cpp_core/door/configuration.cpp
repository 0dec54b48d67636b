#include "door/configuration.h"

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "bff/bff.h"
#include "browser/pages.h"
#include "browser/passkey_cookie.h"
#include "csrf/csrf.h"
#include "endpoint/router.h"
#include "gate/challenge.h"
#include "gate/cookie.h"
#include "gate/header_name.h"
#include "gate/hop_cookie.h"
#include "gate/origin.h"
#include "hop/hop.h"
#include "page/page_templates.h"
#include "realm/advice.h"
#include "registry/registry.h"
#include "session/places.h"
#include "session/revocations.h"
#include "session/zone.h"

namespace gatehouse {

void say(gh_error* into, std::string_view text) {
  const std::size_t length = std::min(text.size(), sizeof(into->text) - 1);
  std::memcpy(into->text, text.data(), length);
  into->text[length] = '\0';
}

namespace {

constexpr const char* default_login_path = "/auth/";

int report(const status& outcome, gh_error* into) {
  if (outcome) return 0;
  say(into, outcome.failure().what);
  return -1;
}

bool is_realm_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

// A realm whose tokens could not be told from those of `mine`.
const gh_realm* find_twin(const gh_realm& mine) {
  for (const auto& other : mine.config->realms) {
    const realm::settings& said = other->settings;
    if (other.get() != &mine && said.issuer == mine.settings.issuer && said.audience == mine.settings.audience) {
      return other.get();
    }
  }
  return nullptr;
}

// At the first location that serves them: a realm that only guards needs none.
status load_pages(realm::settings& said) {
  if (said.pages) return done{};
  auto loaded = view::folder::load(said.pages_directory, dialect::page_templates);
  if (!loaded) {
    std::error_code unknown;
    const bool is_there = std::filesystem::is_directory(said.pages_directory, unknown);
    const std::string advice = is_there ? "" : "; write \"pages DIRECTORY\" or \"pages off\" in the realm";
    return error{fault::invalid, "the pages: " + loaded.failure().what + advice};
  }
  said.pages = std::make_shared<const view::folder>(std::move(*loaded));
  return done{};
}

// null: it shows none.
const dialect::dialect* side_with_pages(const dialect::dialect& spoken, const realm::settings& said) {
  if (spoken.pages_at) return &spoken;
  return said.has_pages ? spoken.pages : nullptr;
}

status check_exemptions(const realm::settings& said) {
  for (const std::string& name : said.mfa_exempt) {
    const dialect::dialect* spoken = dialect::find(name);
    if (spoken == nullptr) {
      return error{fault::invalid, "\"mfa_exempt\": unknown dialect \"" + name + "\"; there is " + dialect::names()};
    }
    if (spoken->client.answers_challenges) {
      return error{fault::invalid, "\"mfa_exempt\": the clients of \"" + name +
                                       "\" can show a second factor; it is for those of other dialects"};
    }
  }
  return done{};
}

// Is a cookie of one realm's logins the access cookie of the other?
bool clash_in_logins(const realm::settings& one, const realm::settings& other) {
  return one.login_cookies->pending() == other.cookies->access() ||
         one.login_cookies->browser() == other.cookies->access();
}

// null: none of the realms before it has a cookie of the same name.
const gh_realm* find_cookie_clash(const gh_realm& realm) {
  for (const auto& other : realm.config->realms) {
    if (!other->complete || other.get() == &realm) continue;
    if (realm.settings.cookies->clashes_with(*other->settings.cookies) ||
        clash_in_logins(realm.settings, other->settings) || clash_in_logins(other->settings, realm.settings)) {
      return other.get();
    }
  }
  return nullptr;
}

// A warning for each realm whose issuer has changed: its tokens are refused from now on, which whoever has only changed
// public_url may not expect.
std::vector<std::string> new_issuers(const gh_config& before, const gh_config& now) {
  std::vector<std::string> all;
  for (const auto& realm : now.realms) {
    for (const auto& old : before.realms) {
      const std::string& was = old->settings.issuer;
      if (old->settings.name != realm->settings.name || was == realm->settings.issuer) continue;
      all.push_back("realm \"" + realm->settings.name + "\": the issuer is \"" + realm->settings.issuer +
                    "\" instead of \"" + was + "\", so every user has to log in again; write \"issuer " + was +
                    ";\" to keep them logged in");
    }
  }
  return all;
}

std::vector<std::string_view> views(const gh_str* words, std::size_t count) {
  std::vector<std::string_view> all;
  for (std::size_t i = 0; i < count; ++i) all.push_back(view_of(words[i]));
  return all;
}

}  // namespace

}  // namespace gatehouse

using namespace gatehouse;

gh_config* gh_config_create(gh_str prefix) {
  return guarded<gh_config*>(nullptr, nullptr, [&] {
    auto config = std::make_unique<gh_config>();
    config->prefix = view_of(prefix);
    return config.release();
  });
}

void gh_config_destroy(gh_config* config) { delete config; }

gh_realm* gh_realm_create(gh_config* config, gh_str name, gh_error* problem) {
  return guarded<gh_realm*>(problem, nullptr, [&]() -> gh_realm* {
    const std::string_view wanted = view_of(name);
    if (!is_realm_name(wanted)) {
      say(problem, "\"" + std::string(wanted) + "\" cannot name a realm; use letters, digits, \"-\" and \"_\"");
      return nullptr;
    }
    if (std::ranges::any_of(config->realms, [&](const auto& other) { return other->settings.name == wanted; })) {
      say(problem, "realm \"" + std::string(wanted) + "\" is defined twice");
      return nullptr;
    }
    if (config->realms.size() == session::places::most_realms) {
      say(problem, "there are more than " + std::to_string(session::places::most_realms) +
                       " realms; one nginx has room for no more");
      return nullptr;
    }
    config->realms.push_back(std::make_unique<gh_realm>(*config));
    gh_realm* realm = config->realms.back().get();
    realm->settings.name = wanted;
    return realm;
  });
}

int gh_realm_directive(gh_realm* realm, const gh_str* args, size_t count, gh_error* problem) {
  return guarded(problem, -1, [&] { return report(realm->reading.apply(views(args, count)), problem); });
}

int gh_realm_complete(gh_realm* realm, gh_error* problem) {
  return guarded(problem, -1, [&] {
    const status finished = realm->reading.complete();
    if (!finished) return report(finished, problem);
    const status exempted = check_exemptions(realm->settings);
    if (!exempted) return report(exempted, problem);
    if (const gh_realm* twin = find_twin(*realm)) {
      say(problem, "realms \"" + twin->settings.name + "\" and \"" + realm->settings.name +
                       "\" have the same issuer and audience, so a token of one would pass for the other's; write "
                       "another audience");
      return -1;
    }
    if (const gh_realm* other = find_cookie_clash(*realm)) {
      say(problem, "realms \"" + other->settings.name + "\" and \"" + realm->settings.name +
                       "\" have cookies of one name: each has its \"cookie\", and the same with \"-2\", "
                       "\"-refresh\", \"-login\" and \"-browser\" behind it; write another \"cookie\" in one of them");
      return -1;
    }
    const gate::cookie_pair& own = *realm->settings.cookies;
    gate::cookie_names& hidden = realm->config->cookies;
    for (const std::string& name : {own.access(), own.access_rest(), own.refresh()}) hidden.add(name);
    for (const std::string& name :
         {realm->settings.login_cookies->pending(), realm->settings.login_cookies->browser()}) {
      hidden.add(name);
    }
    const std::string hops = gate::hop_cookie::prefix(realm->settings.cookie_name, realm->settings.cookie_secure);
    hidden.add(hops.substr(0, hops.size() - 1));
    hidden.add_beginning(hops);
    hidden.add(dialect::passkey_cookie_name(realm->settings));
    realm->basic_challenge = gate::basic_challenge(realm->settings.site.name);
    realm->complete = true;
    return 0;
  });
}

int gh_config_consequence(const gh_config* before, const gh_config* now, std::size_t number, gh_error* text) {
  return guarded(text, -1, [&] {
    const std::vector<std::string> all = new_issuers(*before, *now);
    if (number >= all.size()) return -1;
    say(text, all[number]);
    return 0;
  });
}

int gh_realm_advice(const gh_realm* realm, size_t number, gh_error* text) {
  return guarded(text, -1, [&] {
    const std::vector<std::string> all = realm::advice_on(realm->settings, realm->reading.given());
    if (number >= all.size()) return -1;
    say(text, all[number]);
    return 0;
  });
}

gh_realm* gh_realm_find(gh_config* config, gh_str name, gh_error* problem) {
  return guarded<gh_realm*>(problem, nullptr, [&]() -> gh_realm* {
    const std::string_view wanted = view_of(name);
    for (const auto& realm : config->realms) {
      if (realm->complete && realm->settings.name == wanted) return realm.get();
    }
    say(problem, "there is no realm \"" + std::string(wanted) + "\" above this line; write gatehouse_realm " +
                     std::string(wanted) + " { ... } in the http block, before it is used");
    return nullptr;
  });
}

int gh_config_hide_cookie(gh_config* config, gh_str name, gh_error* problem) {
  return guarded(problem, -1, [&] {
    config->cookies.add(view_of(name));
    config->cookies.add(gate::name_of_rest(view_of(name)));
    return 0;
  });
}

void gh_realm_take_tokens(gh_realm* realm) { realm->settings.takes_tokens = true; }

gh_str gh_realm_pages(const gh_realm* realm) { return door_string(realm->pages_mount); }

gh_api* gh_realm_hop(gh_realm* realm, gh_error* why) {
  why->text[0] = '\0';
  return guarded<gh_api*>(why, nullptr, [&]() -> gh_api* {
    realm::settings& said = realm->settings;
    if (realm->hop || !said.has_pages) return realm->hop.get();
    // Where this nginx serves none of the realm's endpoints another one does, at the login host.
    if (said.login_path.empty() && realm->apis.empty()) said.login_path = default_login_path;
    if (said.login_path.empty()) return nullptr;
    const status loaded = load_pages(said);
    if (!loaded) {
      say(why, loaded.failure().what);
      return nullptr;
    }
    realm->hop = std::make_unique<gh_api>();
    realm->hop->realm = realm;
    realm->hop->spoken = &dialect::hop;
    realm->hop->mount = said.hop_path;
    return realm->hop.get();
  });
}

int gh_realm_add_host(gh_realm* realm, gh_str name, int secure, unsigned port, gh_error* problem) {
  return guarded(problem, -1, [&] {
    realm->settings.hosts.add_server(view_of(name), secure != 0, port, realm->settings.public_url);
    return 0;
  });
}

int gh_realm_has_hosts(const gh_realm* realm) { return realm->settings.host_words.empty() ? 0 : 1; }

gh_api* gh_api_create(gh_realm* realm, gh_str name, gh_str mount, gh_error* problem) {
  return guarded<gh_api*>(problem, nullptr, [&]() -> gh_api* {
    const dialect::dialect* spoken = dialect::find(view_of(name));
    if (spoken == nullptr) {
      say(problem, "unknown dialect \"" + std::string(view_of(name)) + "\"; there is " + dialect::names());
      return nullptr;
    }
    const std::string_view where = view_of(mount);
    if (!where.starts_with('/') || !where.ends_with('/')) {
      say(problem, "endpoints cannot be mounted at \"" + std::string(where) +
                       "\": it must begin and end with a slash; write mount=/auth/");
      return nullptr;
    }
    auto api = std::make_unique<gh_api>();
    api->realm = realm;
    api->spoken = spoken;
    api->mount = where;
    if (!spoken->client.handle_cookie.empty()) {
      realm->settings.handle_cookie.emplace(spoken->client.handle_cookie, realm->settings.cookie_secure);
    }
    for (const std::string_view name : spoken->cookies) realm->config->cookies.add(name);
    if (spoken == &dialect::csrf) realm->settings.has_usernames = true;
    if (spoken == &dialect::bff) realm->settings.bff_mount = api->mount;
    if (const dialect::dialect* shows = side_with_pages(*spoken, realm->settings)) {
      const status loaded = load_pages(realm->settings);
      if (!loaded) {
        say(problem, loaded.failure().what);
        return nullptr;
      }
      const bool has_login = shows->pages_at.has_value();
      if (has_login && realm->pages_mount.empty()) realm->pages_mount = api->mount + std::string(*shows->pages_at);
      if (shows == &dialect::pages && realm->settings.login_path.empty()) realm->settings.login_path = api->mount;
    }
    realm->apis.push_back(std::move(api));
    return realm->apis.back().get();
  });
}

int gh_api_token_header(const gh_api* api, size_t index, gh_str* name) {
  if (index >= api->spoken->token_headers.size()) return 0;
  *name = door_string(api->spoken->token_headers[index]);
  return 1;
}

gh_str gh_api_mount(const gh_api* api) { return door_string(api->mount); }

int gh_api_has_index(const gh_api* api) {
  return guarded(nullptr, 0, [&] { return endpoint::find_route(*api->spoken, "GET", "").route != nullptr ? 1 : 0; });
}

gh_rule* gh_rule_create(gh_config* config, const gh_str* args, size_t count, gh_error* problem) {
  return guarded<gh_rule*>(problem, nullptr, [&]() -> gh_rule* {
    result<gate::rule> parsed = gate::rule::parse(views(args, count));
    if (!parsed) {
      say(problem, parsed.failure().what);
      return nullptr;
    }
    config->rules.push_back(std::make_unique<gh_rule>(gh_rule{std::move(*parsed)}));
    return config->rules.back().get();
  });
}

int gh_origin_check(gh_str origin, gh_error* problem) {
  return guarded(problem, -1, [&] {
    const std::string_view text = view_of(origin);
    if (text == "*" || gate::is_origin(text)) return 0;
    say(problem,
        "\"" + std::string(text) + "\" is not an origin; write https://HOST or https://HOST:PORT, without a path");
    return -1;
  });
}

int gh_token_header_check(gh_str name, gh_error* problem) {
  return guarded(problem, -1, [&] { return report(gate::check_token_header(view_of(name)), problem); });
}

int gh_identity_header_check(gh_str name, gh_error* problem) {
  return guarded(problem, -1, [&] { return report(gate::check_identity_header(view_of(name)), problem); });
}

size_t gh_zone_least_size(void) { return session::zone::least_size; }

int gh_zone_init(gh_config* config, void* memory, size_t size, int inherited, gh_error* problem) {
  return guarded(problem, -1, [&] {
    const status whole = inherited != 0 ? session::zone::check(memory, size) : session::zone::lay_out(memory, size);
    if (!whole) return report(whole, problem);
    std::vector<session::place_name> wanted;
    for (const auto& realm : config->realms) wanted.emplace_back(realm->settings.name, *realm->settings.redis);
    const session::zone zone(memory);
    const auto reserved = session::revocations::places_of(zone).reserve(wanted, session::steady_seconds());
    if (!reserved) return report(reserved.failure(), problem);
    config->places = *reserved;
    return 0;
  });
}

void gh_zone_settle(const gh_config* config, void* memory) {
  session::revocations::places_of(session::zone(memory)).settle(config->places);
}
