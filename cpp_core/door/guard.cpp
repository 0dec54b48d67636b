// The guard's side of gatehouse.h: who is it, and may they?
#include <algorithm>
#include <array>
#include <memory>

#include "base/text.h"
#include "door/decision.h"
#include "door/reply.h"
#include "door/signed_url.h"
#include "door/user_tokens.h"
#include "door/worker.h"
#include "gate/challenge.h"
#include "gate/cross_origin.h"
#include "gate/cross_site.h"
#include "gate/path_readings.h"
#include "hop/hop.h"
#include "page/page_response.h"
#include "wire/foreign_request.h"

using namespace gatehouse;

namespace {

// The elements of a C array, at most N of them, without an allocation: more are never needed to see that they are too
// many.
template <std::size_t N>
class short_list {
 public:
  short_list(const gh_str* from, std::size_t count) : count_(std::min(count, N)) {
    for (std::size_t i = 0; i < count_; ++i) std::construct_at(&views_[i], view_of(from[i]));
  }
  ~short_list() {}  // NOLINT(modernize-use-equals-default): views need no end, but the union does
  short_list(const short_list&) = delete;
  short_list& operator=(const short_list&) = delete;
  std::span<const std::string_view> views() const { return {views_, count_}; }

 private:
  union {
    std::string_view views_[N];  // only those that there are
  };
  std::size_t count_;
};

constexpr std::size_t most_cookies = 64;  // of ours
constexpr std::size_t most_origins = 64;

struct problem_row {
  int status;
  std::string_view body;
};

// RFC 9457; nothing of what happened inside.
constexpr std::array problems{
    problem_row{400, R"({"type":"about:blank","title":"Bad Request","status":400})"},
    problem_row{401, R"({"type":"about:blank","title":"Unauthorized","status":401})"},
    problem_row{403, R"({"type":"about:blank","title":"Forbidden","status":403})"},
    problem_row{429, R"({"type":"about:blank","title":"Too Many Requests","status":429})"},
    problem_row{503, R"({"type":"about:blank","title":"Service Unavailable","status":503})"},
    problem_row{500, R"({"type":"about:blank","title":"Internal Server Error","status":500})"},
};

gate::navigation said_of(const gh_traits& traits) {
  return {view_of(traits.method),  view_of(traits.fetch_mode),     view_of(traits.fetch_dest), view_of(traits.accept),
          view_of(traits.upgrade), view_of(traits.requested_with), view_of(traits.script_mark)};
}

dialect::response problem_json(int status) {
  const auto* row = std::ranges::find(problems, status, &problem_row::status);
  if (row == problems.end()) row = &problems.back();
  dialect::response answer;
  answer.status = status;
  answer.add_header("Content-Type", "application/problem+json");
  answer.add_header("Cache-Control", "no-store");
  answer.body = row->body;
  return answer;
}

// The guard answers 400 to two credentials that disagree. A navigation without a session was redirected to the login
// page, so a 401 that gets here is a form that was sent, or a page in a frame.
dialect::response page_for(const dialect::request& asked, const realm::settings& realm, const gh_traits& traits,
                           const gate::identity* who, int status) {
  const gate::assurance wants = inside(traits.wants);
  if (status == 400) return dialect::error_page(asked, realm, operation::refusal::conflicting_credentials);
  if (status == 401 && !wants.empty()) return dialect::step_up_needed_page(asked, realm, wants);
  const bool is_lost = status == 401 && asked.method == "GET" && !asked.framed;  // the login page itself is guarded
  if (status == 401 && !is_lost) return dialect::session_ended_page(asked, realm);
  const bool is_foreign = dialect::is_cross_site(realm, asked);
  if (status == 403 && who == nullptr && !is_foreign) {
    return dialect::error_page(asked, realm, operation::refusal::token_too_large);
  }
  const bool may_not = status == 403 && who != nullptr && !is_foreign;
  return may_not ? dialect::forbidden_page(asked, realm, who->email(), asked.method == "GET" ? view_of(traits.uri) : "")
                 : dialect::error_page_of_status(asked, realm, status);
}

// Of the pages at `mount`: where a browser logs in, or shows what is missing, and comes back from.
std::string entrance(const std::string& mount, const gh_traits& traits) {
  const gate::assurance wants = inside(traits.wants);
  return wants.empty() ? gate::login_address(mount + "login", view_of(traits.uri))
                       : gate::step_up_address(mount + "step-up", wants, view_of(traits.uri));
}

bool is_login_host(const gh_realm& realm, const gh_traits& traits) {
  return host_of(traits) == gate::host_name(realm.settings.public_url);
}

// Is the login page at another host, which this one sends a browser to?
bool is_elsewhere(const gh_realm& realm, const gh_traits& traits) {
  if (traits.elsewhere == 0 || !realm.hop) return false;
  return !is_login_host(realm, traits) &&
         realm.settings.hosts.origin_of(host_of(traits), view_of(traits.host)).has_value();
}

// What would satisfy every rule that does not allow him; nullopt: nothing that he could show.
std::optional<gate::assurance> missing_of(std::span<const gh_rule* const> rules, const gate::identity& who) {
  if (who.auth_time() == 0) return std::nullopt;  // a user's token, or a password of Basic: no session to raise
  gate::assurance all;
  for (const gh_rule* each : rules) {
    if (each->rule.allows(who)) continue;
    const std::optional<gate::assurance> missing = each->rule.missing(who);
    if (!missing) return std::nullopt;
    all.add(*missing);
  }
  return all;
}

using header_row = std::pair<const char*, gh_str>;

dialect::request request_of(const gh_realm& realm, const gh_traits& traits) {
  dialect::request asked;
  asked.mount = is_elsewhere(realm, traits) ? realm.settings.hop_path : realm.pages_mount;
  asked.host = host_of(traits);
  asked.method = view_of(traits.method);
  asked.secure = traits.secure != 0;
  asked.framed = gate::is_framed(said_of(traits));
  for (const auto& [name, value] : {header_row{"Accept-Language", traits.accept_language},
                                    {"Host", traits.host},
                                    {"Origin", traits.origin},
                                    {"Sec-Fetch-Site", traits.fetch_site}}) {
    if (value.len > 0) asked.headers.emplace_back(name, view_of(value));
  }
  for (std::size_t i = 0; i < traits.allowed_origin_count; ++i) {
    asked.allowed_origins.emplace_back(view_of(traits.allowed_origins[i]));
  }
  return asked;
}

dialect::response problem_page(const gh_realm& realm, const gh_traits& traits, const gate::identity* who, int status) {
  const dialect::request asked = request_of(realm, traits);
  dialect::response answer = page_for(asked, realm.settings, traits, who, status);
  answer.add_header("Cache-Control", "no-store");
  return answer;
}

}  // namespace

void gh_authenticate(gh_worker* worker, const gh_realm* realm, const gh_credentials* credentials,
                     gh_decision* decision) {
  decision->identity = nullptr;
  decide(decision, gate::verdict::failed);
  decision->by_cookie = 0;
  decision->by_basic = 0;
  guarded(nullptr, 0, [&] {
    // What is beyond cannot be seen, and might be a second login.
    if (credentials->cookie_count > most_cookies) {
      decide(decision, gate::verdict::ambiguous);
      return 0;
    }
    if (judge_signed_url(*worker, *realm, *credentials, decision)) return 0;
    if (judge_user_token(*worker, *realm, *credentials, decision)) return 0;
    const short_list<2> authorization(credentials->authorization, credentials->authorization_count);
    const short_list<most_cookies> cookies(credentials->cookies, credentials->cookie_count);
    gate::credentials shown;
    shown.authorization = authorization.views();
    shown.cookies = cookies.views();
    const short_list<2> named(credentials->named, credentials->named_count);
    shown.named = named.views();
    shown.named_cookie = view_of(credentials->named_cookie);
    shown.from_bearer = credentials->from == 0 || (credentials->from & GH_FROM_BEARER) != 0;
    shown.from_cookie = credentials->from == 0 || (credentials->from & GH_FROM_COOKIE) != 0;
    shown.stale_limit = millis(credentials->stale_limit);
    shown.host = view_of(credentials->host);

    gate::decision judged = worker->realms[realm->index]->authenticator().authenticate(shown);
    const bool sent_none = judged.verdict == gate::verdict::anonymous;
    decide(decision, judged.verdict, sent_none ? gate::challenge_bearer : gate::challenge_invalid_token, judged.reason);
    decision->by_cookie = judged.by_cookie ? 1 : 0;
    decision->identity = outside(std::move(judged.who));
    return 0;
  });
}

void gh_authorize(const gh_rule* const* rules, size_t count, const gh_identity* identity, gh_decision* decision) {
  decide(decision, gate::verdict::failed);
  guarded(nullptr, 0, [&] {
    const gate::identity* who = inside(identity);
    const auto unmet = [&](const gate::identity& of) -> std::string_view {
      const auto* found =
          std::find_if(rules, rules + count, [&](const gh_rule* each) { return !each->rule.allows(of); });
      return found == rules + count ? std::string_view() : std::string_view((*found)->rule.text());
    };
    const bool allowed = std::all_of(rules, rules + count,
                                     [who](const gh_rule* each) { return who != nullptr && each->rule.allows(*who); });
    if (allowed) {
      decide(decision, gate::verdict::allowed);
    } else if (who == nullptr) {
      decide(decision, gate::verdict::unauthenticated, gate::challenge_bearer, "no credentials");
    } else if (const auto missing = missing_of({rules, count}, *who)) {
      decide(decision, gate::verdict::step_up, {}, unmet(*who));
      decision->wants = outside(*missing);
    } else {
      decide(decision, gate::verdict::forbidden, gate::challenge_insufficient_scope, unmet(*who));
    }
    return 0;
  });
}

size_t gh_step_up_challenge(const gh_assurance* wants, char* into, size_t size) {
  return guarded<size_t>(nullptr, 0, [&]() -> size_t {
    const std::string text = inside(*wants).challenge();
    return text.size() <= size ? text.copy(into, size) : 0;
  });
}

void gh_identity_release(gh_identity* identity) {
  if (identity != nullptr) inside(identity)->release();
}

gh_str gh_basic_challenge(const gh_realm* realm, const gh_traits* traits) {
  return guarded<gh_str>(nullptr, door_string({}), [&] {
    const bool is_browser = traits->fetch_mode.len > 0 || traits->fetch_site.len > 0 || traits->fetch_dest.len > 0 ||
                            traits->requested_with.len > 0 || traits->script_mark.len > 0 ||
                            gate::is_navigation(said_of(*traits));
    const bool has_login_page = !realm->pages_mount.empty();
    return door_string(is_browser && has_login_page ? std::string_view() : realm->basic_challenge);
  });
}

int gh_identity_lives(gh_worker* worker, const gh_realm* realm, const gh_identity* identity) {
  return guarded(nullptr, 0,
                 [&] { return worker->realms[realm->index]->authenticator().lives(*inside(identity)) ? 1 : 0; });
}

int gh_is_forged(const gh_realm* realm, const gh_traits* traits) {
  return guarded(nullptr, 1, [&] {
    // A proxy that asks gatehouse_check forwards no Upgrade.
    const bool is_websocket =
        equal_ignoring_case(view_of(traits->upgrade), "websocket") || view_of(traits->fetch_mode) == "websocket";
    if (!is_websocket && gate::is_safe_method(view_of(traits->method))) return 0;
    const short_list<most_origins> origins(traits->allowed_origins, traits->allowed_origin_count);
    const gate::provenance from{view_of(traits->fetch_site), view_of(traits->origin)};
    const gate::destination to{realm->settings.public_url, view_of(traits->host), traits->secure != 0, origins.views()};
    return gate::is_foreign(from, to) ? 1 : 0;
  });
}

size_t gh_login_redirect(const gh_realm* realm, const gh_traits* traits, char* into, size_t size) {
  return guarded<size_t>(nullptr, 0, [&]() -> size_t {
    if (realm->pages_mount.empty() || !gate::may_be_redirected(said_of(*traits))) return 0;
    // What is guarded below the pages, or has no pages here, would lead to itself for ever.
    if (view_of(traits->uri).starts_with(realm->pages_mount)) return 0;
    const std::string location = entrance(realm->pages_mount, *traits);
    if (location.size() > size) return 0;
    return location.copy(into, size);
  });
}

int gh_hop(const gh_realm* realm, const gh_traits* traits, const gh_credentials* credentials,
           void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  return guarded(nullptr, 0, [&] {
    if (!gate::may_be_redirected(said_of(*traits))) return 0;
    if (traits->by_proxy != 0 && is_login_host(*realm, *traits)) {
      const std::string pages = realm->settings.public_url + realm->settings.login_path;
      give_reply(dialect::redirect(302, entrance(pages, *traits)), answer, arg);
      return 1;
    }
    if (!is_elsewhere(*realm, *traits)) return 0;
    dialect::request asked = request_of(*realm, *traits);
    for (std::size_t i = 0; i < credentials->cookie_count; ++i) {
      asked.headers.emplace_back("Cookie", view_of(credentials->cookies[i]));
    }
    give_reply(dialect::begin_hop(realm->settings, asked, view_of(traits->uri), inside(traits->wants), false), answer,
               arg);
    return 1;
  });
}

size_t gh_find_cookies(const gh_config* config, gh_str header, gh_str* found, size_t room) {
  size_t count = 0;
  gate::cookie_walk walk(view_of(header), config->cookies);
  while (const auto each = walk.next()) {
    if (count < room) found[count] = door_string(*each);
    ++count;
  }
  return count;
}

size_t gh_remove_cookies(gh_str header, const gh_str* found, size_t count, char* into) {
  gate::cookie_copy others(view_of(header), into);
  for (size_t i = 0; i < count; ++i) others.leave_out(view_of(found[i]));
  return others.finish();
}

int gh_path_is_ambiguous(gh_str raw) { return gate::is_ambiguous_path(view_of(raw)) ? 1 : 0; }

int gh_path_readings(gh_str raw, int (*read)(void* arg, gh_str path), void* arg) {
  return guarded(nullptr, -1, [&] {
    const auto readings = gate::path_readings(view_of(raw));
    if (!readings) return -1;
    for (const std::string& each : *readings) {
      if (const int found = read(arg, door_string(each)); found != 0) return found;
    }
    return 0;
  });
}

int gh_is_preflight(const gh_traits* traits) {
  return guarded(nullptr, 0, [&] {
    const bool asks =
        view_of(traits->method) == "OPTIONS" && traits->origin.len > 0 && traits->preflight_method.len > 0;
    return asks && traits->allowed_origin_count > 0 ? 1 : 0;
  });
}

void gh_cors(const gh_traits* traits, void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  guarded(nullptr, 0, [&] {
    const short_list<most_origins> origins(traits->allowed_origins, traits->allowed_origin_count);
    const gate::cross_origin asked{view_of(traits->origin), view_of(traits->preflight_method),
                                   view_of(traits->preflight_headers), origins.views()};
    dialect::response headers_only;
    headers_only.status = 204;
    headers_only.headers = gh_is_preflight(traits) != 0 ? gate::preflight_headers(asked) : gate::reading_headers(asked);
    give_reply(headers_only, answer, arg);
    return 0;
  });
}

gh_str gh_identity_attribute(const gh_identity* identity, gh_attribute attribute) {
  const gate::identity& who = *inside(identity);
  switch (attribute) {
    case GH_USER_ID:
      return door_string(who.user_id());
    case GH_USER_EMAIL:
      return door_string(who.email());
    case GH_USER_NAME:
      return door_string(who.name());
    case GH_USERNAME:
      return door_string(who.username());
    case GH_USER_ROLES:
      return door_string(who.roles_joined());
    case GH_AMR:
      return door_string(who.amr_joined());
    case GH_SCOPES:
      return door_string(who.scopes_joined());
    case GH_TOKEN_NAME:
      return door_string(who.token_name());
    case GH_SESSION_ID:
      return door_string(who.session_id());
    case GH_REMOTE_USER:
      return door_string(who.shown());
  }
  return door_string({});
}

int64_t gh_identity_auth_age(const gh_identity* identity) {
  const unix_seconds proved_at = inside(identity)->auth_time();
  return proved_at == 0 ? -1 : std::max<int64_t>(now_seconds() - proved_at, 0);
}

int gh_identity_is_clean(const gh_identity* identity) { return inside(identity)->is_clean() ? 1 : 0; }

gh_str gh_identity_claim(const gh_identity* identity, gh_str name) {
  return guarded<gh_str>(nullptr, door_string({}),
                         [&] { return door_string(inside(identity)->claim_of_variable(view_of(name))); });
}

void gh_problem(const gh_realm* realm, const gh_traits* traits, const gh_identity* identity, int status,
                void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  guarded(nullptr, 0, [&] {
    const bool has_pages = traits != nullptr && (!realm->pages_mount.empty() || is_elsewhere(*realm, *traits));
    const bool shows_page = has_pages && gate::is_navigation(said_of(*traits));
    give_reply(shows_page ? problem_page(*realm, *traits, inside(identity), status) : problem_json(status), answer,
               arg);
    return 0;
  });
}
