// The asynchronous side of gatehouse.h: a request becomes a flow, and what comes of it goes back to the host.
#include <deque>
#include <functional>
#include <memory>

#include "base/flow.h"
#include "base/text.h"
#include "browser/pages.h"
#include "door/decision.h"
#include "door/reply.h"
#include "door/signed_url.h"
#include "door/user_tokens.h"
#include "door/worker.h"
#include "endpoint/endpoint.h"
#include "endpoint/router.h"
#include "form/form.h"
#include "gate/challenge.h"
#include "operation/look_up_token.h"
#include "operation/renew.h"
#include "step/issue.h"

using namespace gatehouse;

namespace {

// The path after the mount, or nothing that a route could match.
std::string_view after_mount(const gh_api& api, std::string_view path) {
  if (!path.starts_with(api.mount)) return "/";
  return endpoint::without_trailing_slash(path.substr(api.mount.size()));
}

std::vector<std::string> strings(const gh_str* from, std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 0; i < count; ++i) all.emplace_back(view_of(from[i]));
  return all;
}

dialect::request copy(const gh_api& api, const gh_request& from) {
  dialect::request to;
  to.method = view_of(from.traits.method);
  to.host = host_of(from.traits);
  to.mount = api.mount;
  to.path = after_mount(api, view_of(from.path));
  to.uri = view_of(from.traits.uri);
  to.query = view_of(from.query);
  if (from.refused != 0) to.query = gate::error_page_query(to.query, to.uri);
  for (size_t i = 0; i < from.header_count; ++i) {
    to.headers.emplace_back(view_of(from.headers[i].name), view_of(from.headers[i].value));
  }
  if (const std::string_view said = view_of(from.traits.host); said != to.header("Host")) {
    // What a proxy says of the request goes before what it sends with its own.
    std::erase_if(to.headers, [](const auto& header) { return equal_ignoring_case(header.first, "Host"); });
    to.headers.emplace_back("Host", said);
  }
  to.body = secret(view_of(from.body));
  to.secure = from.traits.secure != 0;
  to.address = view_of(from.address);
  to.request_id = view_of(from.request_id);
  to.allowed_origins = strings(from.traits.allowed_origins, from.traits.allowed_origin_count);
  return to;
}

// Runs `work`; unless the client has gone by then, `deliver` gets what came of it. A worker without the memory to
// deliver ends: the host would keep a flow that is gone.
template <class T>
gh_flow* start_flow(gh_worker* worker, task<T> work, std::function<void(result<T>)> deliver) {
  auto flow = std::make_unique<gh_flow>();
  gh_flow* begun = flow.get();
  worker->flows.insert(begun);
  auto finish = [worker, begun, deliver = std::move(deliver)](result<T> outcome) noexcept {
    const std::unique_ptr<gh_flow> ended(begun);
    worker->flows.erase(begun);
    if (!ended->abandoned) deliver(std::move(outcome));
  };
  spawn<T>(worker->loop.queue(), std::move(work), std::move(finish));
  return flow.release();
}

bool has_room(gh_worker* worker, const gh_realm& realm) {
  const bool has = worker->flows.size() < gh_worker::most_flows;
  worker->realms[realm.index]->counts().add(has ? metrics::counter::flows_begun : metrics::counter::flows_refused);
  if (has) return true;
  worker->loop.log(severity::error, "1024 flows are under way in this worker, a request is refused");
  return false;
}

void log_defect(gh_worker& worker, const gh_realm& realm, const error& failure) {
  worker.loop.log(severity::error, "realm \"" + realm.settings.name + "\": a flow failed: " + failure.what);
}

// What a browser without a good access cookie shows to renew it by.
struct renewable {
  std::string_view token;
  const operation::client* client = nullptr;  // whose session it is
};

renewable find_renewable(const gate::authenticator::shown_cookies& seen) {
  if (const auto* token = std::get_if<std::string_view>(&seen.refresh)) return {*token, &dialect::pages.client};
  if (const auto* token = std::get_if<std::string_view>(&seen.handle)) return {*token, &dialect::form.client};
  return {};
}

struct shown_cookies {
  bool by_handle;
  bool access_rest;  // of a long access token
  std::string host;
};

// A request's credentials, for as long as its token is looked up.
struct kept_credentials {
  explicit kept_credentials(const gh_credentials& from) : given(from) {
    keep(from.authorization, from.authorization_count, authorization, given.authorization);
    keep(from.api_keys, from.api_key_count, api_keys, given.api_keys);
    keep(from.cookies, from.cookie_count, cookies, given.cookies);
    keep(from.named, from.named_count, named, given.named);
    for (gh_str* each : {&given.address, &given.named_cookie, &given.host, &given.signed_target}) {
      texts.emplace_back(view_of(*each));
      *each = door_string(texts.back().reveal());
    }
  }
  kept_credentials(const kept_credentials&) = delete;
  kept_credentials& operator=(const kept_credentials&) = delete;

  gh_credentials given;

 private:
  void keep(const gh_str* from, std::size_t count, std::vector<gh_str>& views, const gh_str*& to) {
    for (std::size_t i = 0; i < count; ++i) {
      texts.emplace_back(view_of(from[i]));
      views.push_back(door_string(texts.back().reveal()));
    }
    to = views.data();
  }

  std::deque<secret> texts;  // none moves
  std::vector<gh_str> authorization, api_keys, cookies, named;
};

// The values of the Set-Cookie headers that a renewal brings: new ones, or those that take the old ones away.
std::vector<std::string> cookies_of(const realm::settings& realm, const operation::renewal& renewal,
                                    const shown_cookies& shown) {
  const gate::cookie_pair& here = realm.cookies_at(shown.host);
  std::vector<std::string> cookies;
  if (renewal.tokens) {
    cookies = operation::session_cookies(here, *renewal.tokens);
    const bool is_long = !gate::split_value(here.access(), renewal.tokens->access.reveal()).second.empty();
    if (is_long) return cookies;
  } else if (renewal.ended) {
    const auto cleared = here.clear();
    cookies = {cleared.front(), shown.by_handle ? realm.handle_cookie->clear() : cleared.back()};
  } else {
    return {};
  }
  if (shown.access_rest) cookies.push_back(here.clear_access_rest());
  return cookies;
}

// Users' tokens belong to no client of ours.
constexpr operation::client no_client{.name = "token",
                                      .policy = session::policy::fixed,
                                      .access_lifetime = seconds(0),
                                      .refresh_lifetime = seconds(0),
                                      .claims = nullptr};

operation::context context_of(realm::services& services, const gh_renewal_request& request) {
  return {services,
          no_client,
          std::string(view_of(request.address)),
          std::string(view_of(request.user_agent)),
          std::string(view_of(request.request_id)),
          {},
          {}};
}

// Starts `work`, and answers with what `judge` makes of its verdict.
gh_flow* start_look_up(gh_worker* worker, const gh_realm& realm, task<gate::verdict> work,
                       std::function<void(gate::verdict found, gh_decision* decision)> judge,
                       void (*answer)(void* arg, const gh_renewal* renewal), void* arg) {
  auto deliver = [worker, &realm, judge = std::move(judge), answer, arg](result<gate::verdict> outcome) {
    gh_renewal renewal{};
    renewal.decision.verdict = GH_FAILED;
    if (outcome) {
      judge(*outcome, &renewal.decision);
    } else {
      log_defect(*worker, realm, outcome.failure());
    }
    answer(arg, &renewal);
  };
  return start_flow<gate::verdict>(worker, std::move(work), deliver);
}

gh_flow* begin_look_up_of_signer(gh_worker* worker, const gh_realm& realm, const gh_renewal_request& request,
                                 std::string session_id, void (*answer)(void* arg, const gh_renewal* renewal),
                                 void* arg) {
  realm::services& services = *worker->realms[realm.index];
  const sha256_digest key = services.known_tokens().key_of_session(session_id);
  const auto kept = std::make_shared<const kept_credentials>(request.credentials);
  auto judge = [worker, &realm, kept](gate::verdict found, gh_decision* decision) {
    decide(decision, found, gate::challenge_bearer);
    if (found != gate::verdict::allowed) return;
    const bool is_still_good = judge_signed_url(*worker, realm, kept->given, decision);
    if (!is_still_good) decide(decision, gate::verdict::unauthenticated, gate::challenge_bearer);
    if (decision->verdict == GH_PENDING) decide(decision, gate::verdict::unavailable);  // it has ended meanwhile
  };
  auto work = operation::look_up_signer(context_of(services, request), key, std::move(session_id));
  return start_look_up(worker, realm, std::move(work), std::move(judge), answer, arg);
}

// The request is judged anew once its token is known.
void answer_look_up(gh_worker* worker, const gh_realm& realm, const gh_credentials& credentials, gate::verdict found,
                    gh_decision* decision) {
  const shown_token shown(credentials);
  decision->by_basic = shown.get().by_basic() ? 1 : 0;
  if (found == gate::verdict::unavailable) {
    gate::known_tokens& known = worker->realms[realm.index]->known_tokens();
    auto judged = known.judge_without_store(shown.get(), view_of(credentials.address));
    found = judged.verdict;
    decision->identity = outside(std::move(judged.who));
  }
  decide(decision, found, gate::challenge_invalid_token);
  if (found == gate::verdict::allowed && decision->identity == nullptr) {
    judge_user_token(*worker, realm, credentials, decision);
    // It, or its user, has changed since it was looked up.
    if (decision->verdict == GH_PENDING) decide(decision, gate::verdict::unavailable);
  }
}

gh_flow* begin_look_up(gh_worker* worker, const gh_realm& realm, const gh_renewal_request& request,
                       const gate::presented_token& shown, void (*answer)(void* arg, const gh_renewal* renewal),
                       void* arg) {
  realm::services& services = *worker->realms[realm.index];
  operation::token_to_look_up wanted{services.known_tokens().key_of(shown), false, "", secret()};
  if (shown.what() == gate::presented_token::kind::password) {
    wanted.is_password = true;
    wanted.username = shown.username();
    wanted.password = secret(shown.text());
  }
  const auto kept = std::make_shared<const kept_credentials>(request.credentials);
  auto judge = [worker, &realm, kept](gate::verdict found, gh_decision* decision) {
    answer_look_up(worker, realm, kept->given, found, decision);
  };
  auto work = operation::look_up_token(context_of(services, request), std::move(wanted));
  return start_look_up(worker, realm, std::move(work), std::move(judge), answer, arg);
}

}  // namespace

size_t gh_api_body_limit(const gh_api* api, gh_str method, gh_str path) {
  return guarded<size_t>(nullptr, 0, [&]() -> size_t {
    const bool reads = endpoint::reads_body(*api->spoken, view_of(method), after_mount(*api, view_of(path)));
    return reads ? endpoint::most_body_bytes : 0;
  });
}

gh_flow* gh_api_begin(gh_worker* worker, const gh_api* api, const gh_request* request,
                      void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  return guarded<gh_flow*>(nullptr, nullptr, [&]() -> gh_flow* {
    if (!has_room(worker, *api->realm)) return nullptr;
    realm::services& realm = *worker->realms[api->realm->index];
    dialect::request asked = copy(*api, *request);
    auto deliver = [worker, api, asked, answer, arg](result<dialect::response> outcome) {
      if (!outcome) log_defect(*worker, *api->realm, outcome.failure());
      const realm::settings& realm = api->realm->settings;
      give_reply(outcome ? std::move(*outcome) : endpoint::answer_status(realm, *api->spoken, asked, 500), answer, arg);
    };
    return start_flow<dialect::response>(worker, endpoint::respond(realm, *api->spoken, std::move(asked)), deliver);
  });
}

gh_flow* gh_renew_begin(gh_worker* worker, const gh_realm* realm, const gh_renewal_request* request,
                        void (*answer)(void* arg, const gh_renewal* renewal), void* arg) {
  return guarded<gh_flow*>(nullptr, nullptr, [&]() -> gh_flow* {
    if (!has_room(worker, *realm)) return nullptr;
    realm::services& services = *worker->realms[realm->index];
    if (auto signer = signer_of(*realm, request->credentials)) {
      return begin_look_up_of_signer(worker, *realm, *request, std::move(*signer), answer, arg);
    }
    const shown_token by_token(request->credentials);
    const auto kind = by_token.get().what();
    if (kind == gate::presented_token::kind::token || kind == gate::presented_token::kind::password) {
      return begin_look_up(worker, *realm, *request, by_token.get(), answer, arg);
    }
    const std::vector<std::string> cookies = strings(request->credentials.cookies, request->credentials.cookie_count);
    const std::vector<std::string_view> views(cookies.begin(), cookies.end());
    const gate::authenticator::shown_cookies seen = services.authenticator().find_all(views);
    const renewable shown = find_renewable(seen);
    if (shown.client == nullptr) return nullptr;

    operation::context ctx{services,
                           *shown.client,
                           std::string(view_of(request->address)),
                           std::string(view_of(request->user_agent)),
                           std::string(view_of(request->request_id)),
                           {},
                           {},
                           gate::host_name(view_of(request->credentials.host))};
    secret token(shown.token);
    const bool has_rest = !std::holds_alternative<gate::no_cookie>(seen.access_rest);
    const shown_cookies about{!shown.client->handle_cookie.empty(), has_rest, ctx.host};
    auto work = request->keep != 0 ? operation::look_at_session(std::move(ctx), std::move(token))
                                   : operation::renew(std::move(ctx), std::move(token));
    auto deliver = [worker, realm, about, answer, arg](result<operation::renewal> outcome) {
      gh_renewal renewal{};
      renewal.decision.verdict = GH_FAILED;
      if (!outcome) {
        log_defect(*worker, *realm, outcome.failure());
        answer(arg, &renewal);
        return;
      }
      const std::vector<std::string> values = cookies_of(realm->settings, *outcome, about);
      std::vector<gh_str> cookies;
      for (const std::string& cookie : values) cookies.push_back(door_string(cookie));
      renewal.set_cookies = cookies.data();
      renewal.set_cookie_count = cookies.size();
      const bool is_over = outcome->verdict == gate::verdict::unauthenticated;
      decide(&renewal.decision, outcome->verdict, gate::challenge_invalid_token, is_over ? "session over" : "");
      renewal.decision.by_cookie = 1;
      renewal.decision.identity = outside(std::move(outcome->who));
      answer(arg, &renewal);
    };
    return start_flow<operation::renewal>(worker, std::move(work), deliver);
  });
}

void gh_flow_abandon(gh_flow* flow) { flow->abandoned = true; }

void gh_api_problem(const gh_api* api, const gh_request* request, int status,
                    void (*answer)(void* arg, const gh_reply* reply), void* arg) {
  guarded(nullptr, 0, [&] {
    give_reply(endpoint::answer_status(api->realm->settings, *api->spoken, copy(*api, *request), status), answer, arg);
    return 0;
  });
}
